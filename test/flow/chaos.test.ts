// The short form of `npm run chaos`: one server, three gateways, half a minute, always the same order of mishaps.
import { existsSync, rmSync } from 'node:fs';
import { expect, onTestFinished, test } from 'vitest';
import { startOneServer } from '../../scripts/chaos/one-server.ts';
import { runChaos } from '../../scripts/chaos/run-chaos.ts';
import { freePort } from '../server/started-program.ts';

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

test('where a mishap cannot be put right, all others are ended before anything is closed, and what was written is kept', async () => {
  const said: string[] = [];
  const mishapsAtClose: number[] = [];
  let folder = '';
  const mishaps = () => said.filter((line) => / s: /.test(line)).length;
  const chaos = runChaos({
    ...{ seconds: 3_600, seed: 11, gateways: 1, say: (line: string) => said.push(line) },
    startSite: async (about) => {
      folder = about.folder;
      onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
      return {
        mqttPort: await freePort(),
        mishaps: { broken: () => Promise.reject(new Error('it does not start again')) },
        stored: async () => ({ events: [], gaps: [] }),
        close: async () => void mishapsAtClose.push(mishaps()),
      };
    },
  });
  await expect(chaos).rejects.toThrow('it does not start again');
  expect(mishapsAtClose).toEqual([mishaps()]);
  expect(said.at(-1)).toBe(`what was decided, stored and logged is kept in ${folder}`);
  expect(existsSync(folder)).toBe(true);
}, 60_000);
