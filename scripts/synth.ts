import { parseArgs } from 'node:util';
import { synthesize } from './synthesize.js';

/** npm run synth [-- -c name=value …] */
const { values } = parseArgs({ options: { context: { type: 'string', short: 'c', multiple: true } } });
const context = Object.fromEntries(
  (values.context ?? []).map((pair) => {
    const [name = '', ...value] = pair.split('=');
    return [name, value.join('=')];
  }),
);

try {
  const { templateFile } = await synthesize({ outDir: 'cdk.out', context, validate: true });
  console.log(`Template: ${templateFile}`);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
