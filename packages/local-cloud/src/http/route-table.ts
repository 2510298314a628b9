/** A route that matches a request, with its path parameters. */
export interface Match<Target> {
  readonly target: Target;
  /** Decoded. */
  readonly pathParameters: Readonly<Record<string, string>>;
}

type Segment =
  | { kind: 'static'; text: string }
  | { kind: 'parameter'; name: string }
  | { kind: 'greedy'; name: string };

interface Entry<Target> {
  readonly method: string;
  readonly segments: readonly Segment[];
  readonly target: Target;
}

/** The routes of an HTTP API, by keys like `PUT /v1/orders/{orderId}`, `ANY /files/{path+}` and `$default`. */
export class RouteTable<Target> {
  readonly #entries: Entry<Target>[] = [];
  #default: Target | undefined;

  /** Adds a route. */
  add(routeKey: string, target: Target): void {
    if (routeKey === '$default') {
      this.#default = target;
      return;
    }
    const [method = '', path = ''] = routeKey.split(' ');
    this.#entries.push({ method, segments: segmentsOf(path), target });
  }

  /**
   * The most specific route, or undefined. Static segments win over parameters, and parameters over greedy ones, from
   * left to right. A named method wins over ANY.
   * @param path percent-encoded, without query.
   */
  find(method: string, path: string): Match<Target> | undefined {
    const parts = path.split('/').slice(1);
    const fitting = this.#entries.flatMap((entry) => {
      if (entry.method !== method && entry.method !== 'ANY') return [];
      const pathParameters = parametersOf(entry.segments, parts);
      return pathParameters ? [{ entry, pathParameters }] : [];
    });
    const [best] = fitting.sort((a, b) => (rankOf(a.entry) < rankOf(b.entry) ? -1 : 1));
    if (best) return { target: best.entry.target, pathParameters: best.pathParameters };
    return this.#default === undefined ? undefined : { target: this.#default, pathParameters: {} };
  }
}

const segmentsOf = (path: string): Segment[] =>
  path
    .split('/')
    .slice(1)
    .map((text) => {
      const [, name, plus] = /^\{([^}+]+)(\+?)\}$/.exec(text) ?? [];
      if (!name) return { kind: 'static', text };
      return plus ? { kind: 'greedy', name } : { kind: 'parameter', name };
    });

function parametersOf(segments: readonly Segment[], parts: string[]): Record<string, string> | undefined {
  const parameters: Record<string, string> = {};
  for (const [i, segment] of segments.entries()) {
    if (segment.kind === 'greedy') {
      if (parts.length <= i) return undefined;
      parameters[segment.name] = parts.slice(i).map(decoded).join('/');
      return parameters;
    }
    const part = parts[i];
    if (part === undefined) return undefined;
    if (segment.kind === 'static') {
      if (segment.text !== decoded(part)) return undefined;
    } else if (part === '') return undefined;
    else parameters[segment.name] = decoded(part);
  }
  return parts.length === segments.length ? parameters : undefined;
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Sorts as text: the more specific, the lower. */
function rankOf({ segments, method }: Entry<unknown>): string {
  const kinds = { static: '0', parameter: '1', greedy: '2' } as const;
  return segments.map(({ kind }) => kinds[kind]).join('') + (method === 'ANY' ? '4' : '3');
}
