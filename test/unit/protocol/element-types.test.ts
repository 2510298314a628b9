import {
  coveredTypes,
  ELEMENT_TYPES,
  forEachType,
  hasOwnItem,
  isContentType,
  typesInItem,
} from '../../../protocol/elements/element-types.js';

test('lists the types in the order of a response', () => {
  expect(ELEMENT_TYPES).toEqual([
    'folder',
    'conversationHistory',
    'sessionHistory',
    'message',
    'messageState',
  ]);
});

test('derives what the removal of a container covers', () => {
  const contents = ['sessionHistory', 'message', 'messageState'];
  expect(forEachType(coveredTypes)).toEqual({
    folder: ['folder', 'conversationHistory', ...contents],
    conversationHistory: ['conversationHistory', ...contents],
    sessionHistory: contents,
    message: ['message', 'messageState'],
    messageState: ['messageState'],
  });
  expect(ELEMENT_TYPES.filter(isContentType)).toEqual(contents);
});

test('holds a message and its state in one item', () => {
  expect(ELEMENT_TYPES.filter((type) => !hasOwnItem(type))).toEqual(['messageState']);
  expect(typesInItem('message')).toEqual(['message', 'messageState']);
  expect(typesInItem('sessionHistory')).toEqual(['sessionHistory']);
});
