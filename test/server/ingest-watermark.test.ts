// Accounting for sequences that arrive in any order.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { account, isAccounted, newWatermark } from '../../server/watermark.ts';

const fresh = newWatermark('qiaodong', 'epoch-1');

function accountAll(ranges: [number, number][]) {
  return ranges.reduce((mark, [from, to]) => account(mark, from, to) ?? mark, fresh);
}

describe('a watermark', () => {
  test.each<[what: string, ranges: [number, number][], through: number, beyond: [number, number][]]>([
    [
      'rises with what arrives in order',
      [
        [1, 1],
        [2, 2],
        [3, 3],
      ],
      3,
      [],
    ],
    [
      'waits below a hole',
      [
        [1, 1],
        [3, 3],
      ],
      1,
      [[3, 3]],
    ],
    [
      'jumps over what was waiting once the hole is filled',
      [
        [5, 6],
        [1, 3],
        [4, 4],
      ],
      6,
      [],
    ],
    [
      'joins neighbours into one range',
      [
        [5, 5],
        [7, 7],
        [6, 6],
      ],
      0,
      [[5, 7]],
    ],
    [
      'takes a declared loss like a stored event',
      [
        [101, 101],
        [1, 100],
      ],
      101,
      [],
    ],
    [
      'does not fall back on what is repeated',
      [
        [1, 5],
        [2, 3],
      ],
      5,
      [],
    ],
    [
      'takes a range that covers several others',
      [
        [3, 3],
        [5, 5],
        [2, 9],
      ],
      0,
      [[2, 9]],
    ],
  ])('%s', (_, ranges, through, beyond) => {
    expect(accountAll(ranges)).toMatchObject({ through, beyond });
  });

  test('refuses to remember thousands of separate ranges', () => {
    const scattered = accountAll(Array.from({ length: 5000 }, (_, index) => [2 * index + 2, 2 * index + 2]));
    expect(scattered.beyond).toHaveLength(4096);
    expect(account(scattered, 1, 1)?.through).toBe(2);
  });

  test('knows exactly what was accounted for, whatever the order', () => {
    const sequences = fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 60 });
    fc.assert(
      fc.property(sequences, (some) => {
        const mark = accountAll(some.map((sequence) => [sequence, sequence]));
        for (let sequence = 1; sequence <= 41; sequence++) expect(isAccounted(mark, sequence)).toBe(some.includes(sequence));
        expect(some.includes(mark.through + 1)).toBe(false);
      }),
    );
  });
});
