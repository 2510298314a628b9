const LEVELS = ['DEBUG', 'INFO', 'WARN', 'ERROR'] as const;
type Level = (typeof LEVELS)[number];
type Fields = Readonly<Record<string, unknown>>;

const DEFAULT_LEVEL: Level = 'INFO';

/** Index of the lowest written level. The template sets LOG_LEVEL. */
const leastLevel = ({ LOG_LEVEL = DEFAULT_LEVEL }: NodeJS.ProcessEnv): number => {
  const given = LEVELS.indexOf(LOG_LEVEL as Level);
  return given < 0 ? LEVELS.indexOf(DEFAULT_LEVEL) : given;
};

/** X-Ray trace of the invocation. Shape of the variable: `Root=1-…;Parent=…;Sampled=1`. */
const traceOf = ({ _X_AMZN_TRACE_ID = '' }: NodeJS.ProcessEnv): string | undefined =>
  /Root=([^;]+)/.exec(_X_AMZN_TRACE_ID)?.[1];

/** Writes one JSON object per line to the standard output, not to the console, because Lambda adds a prefix there. */
export const writeLine = (line: Fields): void => {
  process.stdout.write(`${JSON.stringify(line)}\n`);
};

/** Writes lines with level, message, time, service, trace, keys of the invocation and members of the line. */
export class Logger {
  private keys: Fields = {};
  private readonly least = leastLevel(process.env);

  resetKeys(): void {
    this.keys = {};
  }

  appendKeys(keys: Fields): void {
    this.keys = { ...this.keys, ...keys };
  }

  debug = (message: string, fields?: Fields): void => this.write('DEBUG', message, fields);
  info = (message: string, fields?: Fields): void => this.write('INFO', message, fields);
  warn = (message: string, fields?: Fields): void => this.write('WARN', message, fields);
  error = (message: string, fields?: Fields): void => this.write('ERROR', message, fields);

  private write(level: Level, message: string, fields: Fields = {}): void {
    if (LEVELS.indexOf(level) < this.least) return;
    writeLine({
      level,
      message,
      timestamp: new Date().toISOString(),
      service: process.env.SERVICE_NAME,
      trace: traceOf(process.env),
      ...this.keys,
      ...fields,
    });
  }
}
