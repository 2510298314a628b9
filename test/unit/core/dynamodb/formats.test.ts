import { readdirSync, readFileSync } from 'node:fs';
import { decodeItem, encodeItem, type Image } from '../../../../core/dynamodb/codec.js';
import { FORMAT } from '../../../../core/model/items.js';
import type { StoredItem } from '../../../../core/model/stored-item.js';

interface Fixture {
  readonly item: StoredItem;
  readonly image: Image; // bytes as base64 text, as the stream gives them
}

/** Stored items of each format there has been, one file a format. From the first release on a file is never changed. */
const FOLDER = 'test/support/formats';
const formats = readdirSync(FOLDER).map((file) => Number(file.replace('.json', '')));
const fixturesOf = (format: number): Fixture[] =>
  JSON.parse(readFileSync(`${FOLDER}/${format}.json`, 'utf8'));

/** As the database gives it, which has bytes where the file has their base64. */
const fromDatabase = (image: Image): Image =>
  Object.fromEntries(
    Object.entries(image).map(([name, value]) => [
      name,
      value.B === undefined ? value : { B: Buffer.from(String(value.B), 'base64') },
    ]),
  );

/** Every kind of item; the compiler misses one that is not here. */
const KINDS: Readonly<Record<StoredItem['kind'], true>> = {
  entry: true,
  overflow: true,
  anchor: true,
  quietTimer: true,
  folder: true,
  folderName: true,
  conversationHistory: true,
  sessionHistory: true,
  message: true,
  body: true,
  stateAlone: true,
  tombstone: true,
  purge: true,
  device: true,
  revokedDevice: true,
  scope: true,
  preferences: true,
  idempotency: true,
  formerInstance: true,
};

test('there are items of each format from the first to the one that is written', () => {
  expect(formats.sort((a, b) => a - b)).toEqual(Array.from({ length: FORMAT }, (_, i) => i + 1));
});

describe.each(formats)('format %d', (format) => {
  const fixtures = fixturesOf(format);

  test('is shown by an item of every kind, which says so itself', () => {
    expect(new Set(fixtures.map(({ item }) => item.kind))).toEqual(new Set(Object.keys(KINDS)));
    for (const { image } of fixtures) expect(image.f).toEqual({ N: String(format) });
  });

  test.each(fixtures.map(({ item, image }) => [item.sk, item, image] as const))(
    'is read: %s, by a query and from the stream',
    (_, item, image) => {
      expect(decodeItem(image).item).toEqual(item);
      expect(decodeItem(fromDatabase(image))).toEqual({ box: 'tel:+15550100', item });
    },
  );
});

test('what is written now is of the newest format, as its items show', () => {
  for (const { item, image } of fixturesOf(FORMAT)) {
    if (item.kind === 'device' || item.kind === 'stateAlone') continue; // these are never put as a whole
    const written = encodeItem('tel:+15550100' as never, item);
    // Not byte by byte: another release of Node may deflate otherwise.
    expect(Object.keys(written).sort()).toEqual(Object.keys(image).sort());
    expect(written.f).toEqual(image.f);
    expect(decodeItem(written).item).toEqual(item);
  }
});
