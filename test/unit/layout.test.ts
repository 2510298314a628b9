import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join, normalize, sep } from 'node:path';

const ROOT = join(__dirname, '..', '..');

/** Layers of the core: each imports only itself and those before it. */
const CORE_LAYERS = [
  'model',
  'ports',
  'log',
  'scope',
  'write',
  'read',
  'push',
  'lifecycle',
  'admin',
  'dynamodb',
].map((layer) => `core/${layer}`);

/** Layers of the client: each imports only itself and those before it. */
const CLIENT_LAYERS = ['stores', 'local-state', 'outbox', 'sync', 'api', 'adapters'].map(
  (layer) => `client/${layer}`,
);

/** The folders and packages that the files of a folder may import. */
const ALLOWED: Record<string, { rooms: string[]; packages: RegExp }> = {
  protocol: { rooms: ['protocol'], packages: /^zod\/mini$/ },
  ...Object.fromEntries(
    CORE_LAYERS.map((layer, i) => [
      layer,
      {
        rooms: ['protocol', ...CORE_LAYERS.slice(0, i + 1)],
        packages: layer === 'core/dynamodb' ? /^(node:|@aws-sdk\/client-dynamodb$)/ : /^(node:|zod\/mini$)/,
      },
    ]),
  ),
  client: { rooms: [...CLIENT_LAYERS, 'protocol'], packages: /^never$/ },
  ...Object.fromEntries(
    CLIENT_LAYERS.map((layer, i) => [
      layer,
      {
        rooms: ['protocol', ...CLIENT_LAYERS.slice(0, i + 1)],
        packages: layer === 'client/adapters' ? /^(rxdb|rxjs)$/ : /^never$/,
      },
    ]),
  ),
  dev: {
    rooms: ['dev', 'client', ...CLIENT_LAYERS, 'protocol', 'scripts'],
    packages: /^(node:|zod\/mini$|ws$|esbuild$|@cpm-sync\/local-cloud$)/,
  },
  demo: {
    rooms: ['demo', 'client', ...CLIENT_LAYERS, 'protocol', 'dev'],
    packages: /^(preact(\/hooks)?|zod\/mini)$/,
  },
  functions: {
    rooms: ['functions', ...CORE_LAYERS, 'protocol'],
    packages: /^(node:|zod\/mini$|@middy\/|@aws-sdk\/|aws-lambda$)/,
  },
  'packages/local-cloud/src': {
    rooms: ['packages/local-cloud/src'],
    packages: /^(node:|zod\/mini$|@aws-sdk\/client-dynamodb(-streams)?$|jose$|ws$)/,
  },
  infra: { rooms: ['infra', 'protocol'], packages: /^(node:|aws-cdk-lib|constructs$|esbuild$)/ },
};

const filesBelow = (folder: string): string[] =>
  readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = `${folder}/${entry.name}`;
    return entry.isDirectory() ? filesBelow(path) : /\.tsx?$/.test(path) ? [path] : [];
  });

const roomOf = (path: string): string =>
  Object.keys(ALLOWED)
    .filter((room) => path === room || path.startsWith(`${room}/`))
    .sort((a, b) => b.length - a.length)[0] ??
  path.split('/')[0] ??
  path;

const importsOf = (path: string): string[] =>
  [
    ...readFileSync(join(ROOT, path), 'utf8').matchAll(
      /^(?:import|export)\s[^'"]*?from\s+['"]([^'"]+)['"]/gm,
    ),
  ].map(([, name = '']) => name);

test.each(Object.entries(ALLOWED))('%s imports only what its layer allows', (room, { rooms, packages }) => {
  const files = filesBelow(room).filter((path) => roomOf(path) === room);
  expect(files.length).toBeGreaterThan(0);
  const strangers = files.flatMap((path) =>
    importsOf(path)
      .filter((name) => {
        if (!name.startsWith('.')) return !packages.test(name);
        const target = normalize(join(dirname(path), name))
          .split(sep)
          .join('/');
        return !rooms.includes(roomOf(target));
      })
      .map((name) => `${path}: ${name}`),
  );
  expect(strangers).toEqual([]);
});

test('other folders import the local cloud by its name only', () => {
  const files = ['dev', 'demo', 'bench', 'test', 'scripts'].flatMap(filesBelow);
  expect(files.length).toBeGreaterThan(0);
  const strangers = files.filter((path) =>
    importsOf(path).some((name) => normalize(join(dirname(path), name)).startsWith('packages')),
  );
  expect(strangers).toEqual([]);
});
