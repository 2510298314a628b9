import { runAsProcess } from './command.js';
import { deviceCommand } from './device-command.js';

await runAsProcess(deviceCommand);
