/** Keeps what is logged during each test of a file: one JSON object a line. */
export function capturedLog(): {
  text: () => string;
  lines: () => Record<string, unknown>[];
  clear: () => void;
} {
  let written = '';
  let restore: (() => void)[] = [];
  beforeEach(() => {
    written = '';
    restore = [process.stdout, process.stderr].map((stream) => {
      const spy = jest.spyOn(stream, 'write').mockImplementation((chunk) => {
        written += String(chunk);
        return true;
      });
      return () => spy.mockRestore();
    });
  });
  afterEach(() => {
    for (const undo of restore) undo();
  });
  const lines = () => written.split('\n').filter((line) => line.startsWith('{'));
  return {
    text: () => written,
    lines: () => lines().map((line) => JSON.parse(line)),
    clear: () => {
      written = '';
    },
  };
}
