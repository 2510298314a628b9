import { existsSync, readFileSync } from 'node:fs';
import { transform } from 'esbuild';
import { FAULTS } from '../../support/faults/faults.js';
import { withFault } from '../../support/faults/planted.js';

test('each fault has a name of its own', () => {
  const names = FAULTS.map(({ name }) => name);
  expect(names).toEqual([...new Set(names)]);
});

test.each(FAULTS.map((fault) => [fault.name, fault] as const))(
  'a product that %s: the rule stands in its file, and the file without it is still TypeScript',
  async (_, fault) => {
    const source = readFileSync(fault.file, 'utf8');
    const faulty = withFault(fault, source);
    expect(faulty).not.toBe(source);
    if (fault.test !== undefined) expect(existsSync(fault.test)).toBe(true);
    if (fault.title !== undefined) expect(readFileSync(fault.test ?? '', 'utf8')).toContain(fault.title);
    await expect(transform(faulty, { loader: 'ts' })).resolves.toBeDefined();
  },
);

describe('a fault whose rule', () => {
  const fault = { name: 'adds wrongly', file: 'core/sum.ts', from: 'a + b', to: "'$&'" };

  test('stands once is planted as it is written', () => {
    expect(withFault(fault, 'const sum = a + b;')).toBe("const sum = '$&';");
  });

  test.each([
    [0, 'const sum = b + a;'],
    [2, 'const sum = a + b; const again = a + b;'],
  ])('stands %i times is refused, by its name and file', (times, source) => {
    expect(() => withFault(fault, source)).toThrow(
      `adds wrongly: its rule stands ${times} times in core/sum.ts`,
    );
  });
});
