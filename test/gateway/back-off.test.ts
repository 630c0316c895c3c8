// How gateways that lost their server at the same moment spread over the time after it.
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { backOffMs } from '../../gateway/uplink/back-off.ts';

const gateways = 500;

test('of five hundred gateways no second gets more than a fifth, whichever way chance falls', () => {
  for (let attempt = 0; attempt <= 5; attempt += 1)
    for (let round = 0; round < 50; round += 1) {
      const seconds = Array.from({ length: gateways }, () => Math.floor(backOffMs(attempt, Math.random()) / 1000));
      const fullest = Math.max(...[...Map.groupBy(seconds, (second) => second)].map(([, { length }]) => length));
      expect(fullest).toBeLessThan(gateways / 5); // fifty are to be expected: twice as many come about once in a thousand million times
    }
});

test('one gateway is back within ten seconds, and however long the server is away it asks again within half a minute', () => {
  fc.assert(
    fc.property(fc.nat({ max: 10_000 }), fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (attempt, random) => {
      const waitMs = backOffMs(attempt, random);
      expect(waitMs).toBeGreaterThanOrEqual(0);
      expect(waitMs).toBeLessThan(attempt === 0 ? 10_000 : 30_000);
    }),
  );
});
