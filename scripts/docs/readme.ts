import { ROUTE_SCHEMAS } from '../../protocol/route-schemas.js';
import { ROUTES, type RouteKey } from '../../protocol/routes.js';

const BEGIN = '<!-- routes: npm run docs writes this table from protocol/routes.ts -->';
const END = '<!-- /routes -->';

const rows = (Object.keys(ROUTES) as RouteKey[]).map(
  (key) => `| \`${key}\` | \`${ROUTES[key].scope}\` | ${ROUTE_SCHEMAS[key].about} |`,
);
const table = ['| route | scope | |', '|---|---|---|', ...rows].join('\n');

/**
 * README.md with the table of routes between its two marks.
 * @throws Error when the marks are missing
 */
export function withRoutes(readme: string): string {
  const [begin, end] = [readme.indexOf(BEGIN), readme.indexOf(END)];
  if (begin < 0 || end < begin) throw new Error(`README.md must contain ${BEGIN} and ${END}`);
  return `${readme.slice(0, begin)}${BEGIN}\n${table}\n${readme.slice(end)}`;
}
