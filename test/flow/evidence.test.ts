// A picture's whole walk: kept by a gateway, over MQTT to the server's disk, and from there to whoever asks for it by its hash.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type WatchedCanteen, watchCanteen } from './canteen.ts';

let canteen: WatchedCanteen;

beforeAll(async () => {
  canteen = await watchCanteen();
}, 120_000);
afterAll(() => canteen?.close());

it('what a recorder played can be looked at under the hash its fact names', { timeout: 180_000 }, async () => {
  const named = await vi.waitFor(
    async () => {
      const samples = (await canteen.facts()).flatMap((fact) => (fact.check === 'playback' ? (fact.measured?.samples ?? []) : []));
      const sha256s = samples.flatMap(({ sha256 }) => sha256 ?? []);
      expect(sha256s.length).toBeGreaterThan(3);
      return sha256s;
    },
    { timeout: 120_000, interval: 200 },
  );
  for (const sha256 of named) {
    const response = await vi.waitFor(
      async () => {
        const answer = await canteen.look(`/api/evidence/yingze-1/${sha256}`);
        expect(answer.status).toBe(200);
        return answer;
      },
      { timeout: 30_000, interval: 200 },
    );
    expect(response.headers.get('content-type')).toBe('image/jpeg');
    expect(response.headers.get('cache-control')).toBe('private, max-age=31536000, immutable');
    const bytes = Buffer.from(await response.arrayBuffer());
    expect(createHash('sha256').update(bytes).digest('hex')).toBe(sha256);
  }
});
