import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { cpus } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import * as z from 'zod/mini';
import type { Command } from '../dev/cli/command.js';
import { parseFlags } from '../dev/cli/flags.js';
import { measureBoxSizes } from './box-size.js';
import { measureColdStarts } from './cold-start.js';
import { measureContention } from './contention.js';
import { measureCosts } from './costs.js';
import { goalsOf } from './goals.js';
import { measureLarge } from './large.js';
import { measureOverhead } from './overhead.js';
import { plots } from './plots.js';
import { measurePushes } from './push/measure.js';
import { FULL, QUICK } from './push/scenarios.js';
import { goalTable, report } from './report.js';
import type { Results } from './results.js';
import { type BenchServer, startBenchServer } from './support/server.js';
import { CallWatch } from './support/watch.js';
import { USER, workload } from './support/workload.js';

const PARTS = ['costs', 'overhead', 'boxes', 'cold-start', 'contention', 'large', 'pushes'] as const;
type Part = (typeof PARTS)[number];

const HELP = `Measures the cost of the functions: calls and units of DynamoDB, bytes on the wire, time over bare calls, cold start,
contention, large data, pushes on the local cloud. Needs Java 17 for DynamoDB Local. Counts and bytes are exact; times are ratios to a floor of the same run.

  npm run bench -- --messages messages.jsonl

  --messages FILE  the workload: JSON lines as npm run deposit reads them; without it 5,000 messages are generated
  --only PARTS     only these of ${PARTS.join(', ')} (comma separated)
  --quick          a tenth of the rounds and no box of 100,000 messages, as a quick check
  --json FILE      writes the numbers as JSON
  --write          rewrites docs/benchmarks.md and .json, docs/images and the table in README.md
  --help           shows this text

Exit code: 0 measured, 1 failed, 2 wrong usage, 130 interrupted. The table shows missed goals.`;

const OPTIONS = {
  messages: { type: 'string' },
  only: { type: 'string' },
  quick: { type: 'boolean' },
  json: { type: 'string' },
  write: { type: 'boolean' },
} as const;

const partsFlag = z.pipe(
  z.string(),
  z.pipe(
    z.transform((text: string) => text.split(',')),
    z.array(z.enum(PARTS, `must be one of ${PARTS.join(', ')}`)),
  ),
);
const flagsSchema = z.object({
  files: z.array(z.string()).check(z.maxLength(0, 'must be given with --messages')),
  messages: z.optional(z.string()),
  only: z.optional(partsFlag),
  quick: z.optional(z.boolean()),
  json: z.optional(z.string()),
  write: z.optional(z.boolean()),
});
type Flags = z.infer<typeof flagsSchema>;

const MESSAGES = 5000;
const OVERHEAD_MESSAGES = 1000;
const LARGE_MESSAGES = 100_000;
/** A smaller run than that of `npm run bench:push`, to leave time for the other parts. */
const PUSHES = { ...FULL, users: 50, deposits: 600 };
const ROOT = fileURLToPath(new URL('..', import.meta.url));

export const benchCommand: Command = async (args, { terminal, signal }) => {
  if (args.includes('--help')) {
    terminal.print(HELP);
    return 0;
  }
  const flags = parseFlags(args, OPTIONS, flagsSchema);
  const say = (what: string) => {
    signal.throwIfAborted();
    terminal.say(what);
  };
  const results = await measureAll(flags, say, signal);
  terminal.print(report(results));
  if (flags.json) await writeFile(flags.json, `${JSON.stringify(results, null, 2)}\n`);
  if (flags.write) await rewriteDocuments(results);
  const missed = goalsOf(results).filter(({ isMet }) => !isMet);
  terminal.say(missed.length === 0 ? 'All goals are met.' : `${missed.length} goals are missed.`);
  return 0;
};

async function measureAll(
  { messages, only = [...PARTS], quick = false }: Flags,
  say: (what: string) => void,
  signal: AbortSignal,
): Promise<Results> {
  const { name, operations } = await workload(MESSAGES, messages);
  const [{ model = 'unknown processor' } = {}] = cpus();
  const rounds = (full: number) => (quick ? Math.ceil(full / 10) : full);
  const runs: Record<Part, (server: BenchServer) => Promise<Partial<Results>>> = {
    costs: async (server) => {
      const watch = new CallWatch();
      try {
        const stock = { name, operations };
        return { costs: await measureCosts(server, watch, stock, USER, (what) => say(`costs: ${what}`)) };
      } finally {
        watch.stop();
      }
    },
    overhead: async (server) => {
      const watch = new CallWatch(false);
      try {
        const some = operations.slice(0, OVERHEAD_MESSAGES);
        const onCase = (what: string) => say(`overhead: ${what}`);
        return { overhead: await measureOverhead(server, watch, some, { rounds: rounds(60), onCase }) };
      } finally {
        watch.stop();
      }
    },
    boxes: async (server) => {
      const sizes = quick ? [1000, 10_000] : [1000, 10_000, 100_000];
      const onProgress = (what: string) => say(`boxes: ${what}`);
      return {
        boxSizes: await measureBoxSizes(server, operations, sizes, { rounds: rounds(60), onProgress }),
      };
    },
    'cold-start': async () => ({
      coldStarts: await measureColdStarts({
        rounds: rounds(10),
        onFunction: (what) => say(`cold start: ${what}`),
      }),
    }),
    contention: async (server) => ({
      contention: await measureContention(server, operations, [1, 2, 4, 8, 16], (k) =>
        say(`contention: ${k} writers`),
      ),
    }),
    large: async (server) => {
      const watch = new CallWatch();
      try {
        const onProgress = (what: string) => say(`large data: ${what}`);
        const messages = quick ? LARGE_MESSAGES / 100 : LARGE_MESSAGES;
        return { large: await measureLarge(server, watch, operations, messages, onProgress) };
      } finally {
        watch.stop();
      }
    },
    pushes: async () => {
      const onProgress = oncePerScenario((what) => say(`pushes: ${what}`));
      return { pushes: await measurePushes({ size: quick ? QUICK : PUSHES, signal, onProgress }) };
    },
  };
  say('Starting DynamoDB Local …');
  const server = await startBenchServer();
  try {
    let results: Results = {
      date: new Date().toISOString().slice(0, 10),
      machine: `Node ${process.versions.node}, ${cpus().length} × ${model.trim()}`,
      workload: quick ? `${name}, few rounds (--quick)` : name,
    };
    for (const part of PARTS.filter((each) => only.includes(each))) {
      results = { ...results, ...(await runs[part](server)) };
    }
    return results;
  } finally {
    await server.stop();
  }
}

/** Reports each scenario once, not each of its steps. */
function oncePerScenario(say: (what: string) => void): (what: string) => void {
  let last: string | undefined;
  return (what) => {
    const [scenario] = what.split(':');
    if (scenario !== last) say(scenario ?? what);
    last = scenario;
  };
}

const BEGIN = '<!-- bench: begin -->';
const END = '<!-- bench: end -->';

/** @throws Error when README.md lacks the markers around the table. */
async function rewriteDocuments(results: Results): Promise<void> {
  const images = join(ROOT, 'docs', 'images');
  await mkdir(images, { recursive: true });
  const drawn = plots(results);
  for (const [name, svg] of Object.entries(drawn)) await writeFile(join(images, `${name}.svg`), svg);
  const pictures = Object.keys(drawn).map((name) => `![${name.replaceAll('-', ' ')}](images/${name}.svg)`);
  const page = ['# Measured', 'Made by `npm run bench -- --write`.', report(results), ...pictures].join(
    '\n\n',
  );
  await writeFile(join(ROOT, 'docs', 'benchmarks.md'), `${page}\n`);
  await writeFile(join(ROOT, 'docs', 'benchmarks.json'), `${JSON.stringify(results, null, 2)}\n`);
  const readme = join(ROOT, 'README.md');
  const text = await readFile(readme, 'utf8');
  const [begin, end] = [text.indexOf(BEGIN), text.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md must contain ${BEGIN} and then ${END}`);
  const { date, machine, workload: what } = results;
  const told = `${BEGIN}\n\nMeasured on ${date}, ${machine}, with ${what}:\n\n${goalTable(results)}\n\n`;
  await writeFile(readme, text.slice(0, begin) + told + text.slice(end));
}
