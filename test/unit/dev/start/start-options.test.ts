import { HELP, parseStartOptions } from '../../../../dev/start/start-options.js';

test('without flags: port 3000, in memory, with the sample', () => {
  expect(parseStartOptions([], {})).toEqual({
    port: 3000,
    dataDir: undefined,
    dynamodbEndpoint: undefined,
    sample: true,
    showLogs: false,
    outDir: undefined,
    json: false,
    readyFile: undefined,
    help: false,
  });
});

test('reads every flag, and a port before the variable', () => {
  const endpoint = 'http://127.0.0.1:8000';
  const texts = ['--port', '0', '--data', 'd', '--dynamodb-endpoint', endpoint, '--out-dir', 'o'];
  const switches = ['--no-sample', '--show-logs', '--json', '--help'];
  const args = [...texts, ...switches, '--ready-file', 'r'];
  expect(parseStartOptions(args, { PORT: '4000' })).toEqual({
    port: 0,
    dataDir: 'd',
    dynamodbEndpoint: endpoint,
    sample: false,
    showLogs: true,
    outDir: 'o',
    json: true,
    readyFile: 'r',
    help: true,
  });
  expect(parseStartOptions([], { PORT: '4000' }).port).toBe(4000);
});

test.each(['--data', '--out-dir', '--ready-file'])('%s must not be empty', (flag) => {
  expect(() => parseStartOptions([flag, ''], {})).toThrow(`${flag} must not be empty`);
});

test('--help lists the flags', () => {
  for (const flag of ['--port', '--data', '--dynamodb-endpoint', '--no-sample', '--json', '--ready-file'])
    expect(HELP).toContain(flag);
});
