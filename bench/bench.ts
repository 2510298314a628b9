import { runAsProcess } from '../dev/cli/command.js';
import { benchCommand } from './bench-command.js';

await runAsProcess(benchCommand);
