import { runAsProcess } from './command.js';
import { depositCommand } from './deposit-command.js';

await runAsProcess(depositCommand);
