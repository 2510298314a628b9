import {
  entryOf,
  indexOf,
  rightAfter,
  TIMELINE_MAX,
  UNWRITTEN,
  versionOf,
} from '../../../../core/model/version.js';

const INDEX_MAX = 9_999_999_999_999; // a time in the year 2286

test('a version is the later, the later its entry is in the same timeline', () => {
  expect(versionOf(0, 1_772_000_000_001)).toBeGreaterThan(versionOf(0, 1_772_000_000_000));
});

test('every version of a later timeline is later than all of an earlier one', () => {
  for (const timeline of [0, 1, TIMELINE_MAX - 1]) {
    expect(versionOf(timeline + 1, 0)).toBeGreaterThan(versionOf(timeline, INDEX_MAX));
    expect(versionOf(timeline + 1, 0)).toBeGreaterThan(rightAfter(versionOf(timeline, INDEX_MAX)));
  }
});

test.each([0, 1, TIMELINE_MAX])(
  'a version of timeline %i says its entry, also half a step behind it',
  (timeline) => {
    for (const index of [0, 1, 1_772_000_000_000, INDEX_MAX]) {
      const version = versionOf(timeline, index);
      expect(indexOf(version)).toBe(index);
      expect(indexOf(rightAfter(version))).toBe(index);
      expect(entryOf(rightAfter(version))).toBe(version);
    }
  },
);

test('what no entry writes stands between two entries, exactly', () => {
  const last = versionOf(TIMELINE_MAX, INDEX_MAX - 1);
  expect(rightAfter(last)).toBeGreaterThan(last);
  expect(rightAfter(last)).toBeLessThan(last + 1);
  expect(rightAfter(rightAfter(last))).toBe(rightAfter(last));
});

test('what was never written is earlier than everything', () => {
  expect(UNWRITTEN).toBeLessThan(versionOf(0, 0));
});
