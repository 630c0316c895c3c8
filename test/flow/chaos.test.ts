// The short form of `npm run chaos`: one server, three gateways, half a minute, always the same order of mishaps.
import { expect, test } from 'vitest';
import { startOneServer } from '../../scripts/chaos/one-server.ts';
import { runChaos } from '../../scripts/chaos/run-chaos.ts';

test('killed, stopped and cut at random, gateways and server lose nothing, store nothing twice, and end with the right gaps', async () => {
  const said: string[] = [];
  const report = await runChaos({ seconds: 24, seed: 11, gateways: 3, startSite: startOneServer, say: (line) => said.push(line) });
  expect(report, said.join('\n')).toMatchObject({
    troubles: [],
    count: { lost: [], doubled: [], strange: [], gaps: { wrong: [] } },
    ok: true,
  });
  expect(Object.keys(report.mishaps)).toEqual(expect.arrayContaining(['server killed', 'gateway killed']));
  expect(report.count.decided).toBeGreaterThan(300);
  expect(report.count.gaps.opened).toBeGreaterThan(0);
}, 240_000);
