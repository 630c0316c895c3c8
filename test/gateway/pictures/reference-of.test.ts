import { expect, test } from 'vitest';
import { referenceOf } from '../../../gateway/pictures/reference.ts';
import { drawn, tiles, whiteWall } from './drawn-stills.ts';

const setAt = '2026-11-01T02:00:00.000Z';

test('what shows a place can be the reference of a camera', () => {
  expect(referenceOf(tiles, setAt)).toMatchObject({ kind: 'infrared', reference: { setAt, blue: 128, red: 128 } });
});

test.each([
  ['the dark', drawn(() => 20)],
  ['a lens cap', drawn(() => 120)],
  ['a wall without anything on it, against which no picture could ever be held', whiteWall],
])('%s can not', (_, still) => {
  expect(referenceOf(still, setAt)).toBeUndefined();
});
