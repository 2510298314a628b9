// Transforms as usual, with one fault in the source: CPM_FAULT has it as JSON. See tested.ts.
import { createHash } from 'node:crypto';
import swc from '@swc/jest';

const planted = process.env.CPM_FAULT ?? '{}';
const { file, from, to } = JSON.parse(planted);
const isFaulty = (path) => path.endsWith(`/${file}`);

export default {
  createTransformer(options) {
    const usual = swc.createTransformer(options);
    const source = (text, path) => (isFaulty(path) ? text.replace(from, () => to) : text);
    return {
      canInstrument: false,
      // All other files are the same with every fault, so that they are transformed once.
      getCacheKey: (text, path) =>
        createHash('sha256')
          .update(isFaulty(path) ? planted : '')
          .update(path)
          .update(text)
          .digest('hex'),
      process: (text, path, ...rest) => usual.process(source(text, path), path, ...rest),
      processAsync: (text, path, ...rest) => usual.processAsync(source(text, path), path, ...rest),
    };
  },
};
