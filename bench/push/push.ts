import { runAsProcess } from '../../dev/cli/command.js';
import { pushCommand } from './push-command.js';

await runAsProcess(pushCommand);
