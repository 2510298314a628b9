import { runAsProcess } from '../../dev/cli/command.js';
import { costCommand } from './cost-command.js';

await runAsProcess(costCommand);
