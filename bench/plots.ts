import type { Results } from './results.js';

/** A bar. `floor`: the lower bound measured beside it, shown in a second colour. */
interface Bar {
  readonly label: string;
  readonly value: number;
  readonly floor?: number;
}

interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly bars: readonly Bar[];
  /** Position of the line across all bars: the goal. */
  readonly goal?: number;
}

const WIDTH = 760;
const LABELS = 270; // width of the labels
const NUMBERS = 90; // width of the numbers after the bars
const ROW = 24;
const TOP = 46;

/** Pictures of the results, by name: SVG that reads on light and dark pages. */
export function plots({
  costs,
  overhead,
  boxSizes,
  coldStarts,
  contention,
  pushes,
}: Results): Record<string, string> {
  return Object.fromEntries(
    [
      costs && {
        name: 'write-units',
        title: 'Write units for each operation',
        unit: '',
        bars: costs
          .filter(({ write, operations }) => write > 1 && operations > 0)
          .map(({ case: label, write, operations }) => ({ label, value: write / operations })),
      },
      overhead && {
        name: 'handler-over-bare-calls',
        title: 'Time of a handler, and of its DynamoDB calls made bare (light)',
        unit: ' ms',
        bars: overhead.map(({ case: label, handler, bare }) => ({
          label,
          value: handler.median,
          floor: bare.median,
        })),
      },
      boxSizes && {
        name: 'time-by-box-size',
        title: 'Incremental synchronization by the size of the box',
        unit: ' ms',
        bars: boxSizes.map(({ case: what, messages, handler }) => ({
          label: `${what}, ${messages.toLocaleString('en')} messages`,
          value: handler.median,
        })),
      },
      coldStarts && {
        name: 'bundle-sizes',
        title: 'Bundles, and what their AWS clients alone take (light)',
        unit: ' KB',
        goal: 300,
        bars: coldStarts.map(({ function: label, bytes, emptyBytes }) => ({
          label,
          value: bytes / 1024,
          floor: emptyBytes / 1024,
        })),
      },
      contention && {
        name: 'contention',
        title: 'Commits a second of one box, by the number of writers',
        unit: '',
        bars: contention.map(({ writers, commitsPerSecond }) => ({
          label: writers === 1 ? '1 writer' : `${writers} writers`,
          value: commitsPerSecond,
        })),
      },
      pushes && {
        name: 'deposit-to-frame',
        title: 'From deposit to frame, p99 and median (light), the window of a second included',
        unit: ' ms',
        bars: pushes.map(({ name: label, answerToFrame: { median, p99 } }) => ({
          label,
          value: p99,
          floor: median,
        })),
      },
    ].flatMap((chart) => (chart ? [[chart.name, bars(chart)]] : [])),
  );
}

function bars({ title, unit, bars: all, goal }: Chart): string {
  const most = Math.max(goal ?? 0, ...all.map(({ value }) => value));
  const room = WIDTH - LABELS - NUMBERS;
  const length = (value: number) => ((value / most) * room).toFixed(1);
  const goalX = goal === undefined ? 0 : LABELS + Number(length(goal));
  /** Position of the number: after the bar, and not on the goal's line. */
  const numberX = (value: number) => {
    const x = LABELS + Number(length(value)) + 8;
    return x - 8 <= goalX && x + NUMBERS / 2 > goalX ? goalX + 8 : x;
  };
  const rows = all.map(({ label, value, floor }, i) => {
    const y = TOP + i * ROW;
    const bar = (of: number, opacity: number) =>
      `<rect x="${LABELS}" y="${y}" width="${length(of)}" height="${ROW - 8}" rx="2" fill="#2f7ed8" fill-opacity="${opacity}"/>`;
    return [
      `<text x="${LABELS - 10}" y="${y + 12}" text-anchor="end">${escaped(label)}</text>`,
      floor === undefined
        ? bar(value, 0.9)
        : bar(value, 0.9) +
          `<rect x="${LABELS}" y="${y}" width="${length(Math.min(floor, value))}" height="${ROW - 8}" rx="2" fill="#9ec9f5"/>`,
      `<text x="${numberX(value)}" y="${y + 12}">${rounded(value)}${unit}</text>`,
    ].join('');
  });
  const height = TOP + all.length * ROW + 10;
  const line =
    goal === undefined
      ? ''
      : `<line x1="${goalX}" x2="${goalX}" y1="${TOP - 6}" y2="${height - 12}" stroke="#d9822b" stroke-dasharray="4 3"/><text x="${goalX}" y="${TOP - 10}" text-anchor="middle" font-size="11" fill="#d9822b">goal ${goal}${unit}</text>`;
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="13" fill="#777"><title>${escaped(title)}</title><text x="10" y="22" font-size="15" font-weight="600">${escaped(title)}</text>${line}${rows.join('')}</svg>\n`;
}

const rounded = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value.toFixed(value >= 10 ? 1 : 2);

const escaped = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');
