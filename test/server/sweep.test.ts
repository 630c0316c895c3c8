// Time passing without news.
import { describe, expect, test, vi } from 'vitest';
import { createSweep } from '../../server/sweep.ts';
import { openParts, silent, standard } from './app-parts.ts';
import { heartbeat, started, upMessage } from './ingest-messages.ts';

describe('the sweep', () => {
  test('opens one gap for a gateway that went silent, once, and closes it when it is heard again', async () => {
    const { canteens, clock, store, ingest, published, live } = await openParts();
    const changes: string[] = [];
    live.listen(({ event, data }) => {
      if (event === 'gap') changes.push(`${data.canteen} ${data.rule} ${data.status}`);
      if (event === 'canteen') changes.push(data.verdict);
    });
    await ingest.take(upMessage('heartbeat', heartbeat()));
    clock.now = started + standard.gatewayHeard.silentAfterSeconds * 1000 + 1;
    await canteens.passTime({ leading: true });
    clock.now += 5_000;
    await canteens.passTime({ leading: true });

    const open = await store.gaps({ status: 'open', canteen: 'qiaodong', limit: 100 });
    expect(open.filter((gap) => gap.rule === 'gateway-silent')).toHaveLength(1);
    expect(canteens.find('qiaodong', clock.now)?.summary).toMatchObject({ verdict: 'unknown', staleAt: null });
    expect(changes.filter((change) => change === 'qiaodong gateway-silent open')).toHaveLength(1);
    expect(published.filter(({ topic }) => topic === 'mz/v1/qiaodong/gaps').at(-1)?.message).toMatchObject({
      type: 'cn.mingzao.gaps.v1',
      data: { gaps: expect.arrayContaining([expect.objectContaining({ rule: 'gateway-silent', status: 'open' })]) },
    });

    await ingest.take(upMessage('heartbeat', heartbeat(clock.now), 'qiaodong', clock.now));
    expect(await store.gaps({ status: 'closed', canteen: 'qiaodong', rule: 'gateway-silent', limit: 100 })).toHaveLength(1);
    expect(changes).toContain('qiaodong gateway-silent closed');
  });

  test('a verdict that was not renewed is judged again before it is shown, even where nothing can be stored', async () => {
    const { canteens, clock, ingest } = await openParts();
    await ingest.take(upMessage('heartbeat', heartbeat()));
    expect(canteens.find('qiaodong', clock.now)?.summary.staleAt).not.toBeNull();
    clock.now += 3_600_000;
    expect(canteens.find('qiaodong', clock.now)?.summary).toMatchObject({ verdict: 'unknown', staleAt: null });
  });

  test('goes round until it is closed, also after a round that failed', async () => {
    const waits: { ms: number; wake: () => void }[] = [];
    const passTime = vi.fn().mockRejectedValueOnce(new Error('disk full')).mockResolvedValue(undefined);
    const sweep = createSweep({
      canteens: { passTime },
      everyMs: 5_000,
      sleep: (ms, signal) =>
        new Promise((resolve, reject) => {
          waits.push({ ms, wake: resolve });
          signal.addEventListener('abort', () => reject(signal.reason));
        }),
      log: silent,
    });
    waits[0]?.wake();
    await vi.waitFor(() => expect(waits).toHaveLength(2));
    waits[1]?.wake();
    await vi.waitFor(() => expect(waits).toHaveLength(3));
    await sweep.close();
    expect(passTime).toHaveBeenCalledTimes(2);
    expect(passTime).toHaveBeenCalledWith({ leading: true });
    expect(waits.map(({ ms }) => ms)).toEqual([5_000, 5_000, 5_000]);
  });
});
