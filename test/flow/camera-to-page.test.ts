// The whole walk, told once: a camera's picture over ONVIF, RTSP, ffmpeg, the outbox, MQTT, the store, the rules and the interface to a page in a browser.
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { launchBrowser } from '../browser.ts';
import { type WatchedCanteen, watchCanteen } from './canteen.ts';

let canteen: WatchedCanteen;
let browser: Browser;
let page: Page;

beforeAll(async () => {
  canteen = await watchCanteen();
  browser = await launchBrowser();
  page = await browser.newPage();
  await page.context().addCookies([canteen.browserCookie]);
  await page.goto(`${canteen.address}/board`);
}, 120_000);

afterAll(async () => {
  await browser?.close();
  await canteen?.close();
});

const eventually = (expectation: () => Promise<void>) => vi.waitFor(expectation, { timeout: 120_000, interval: 200 });
const pageSays = (words: string) => page.getByText(words).first().waitFor({ timeout: 120_000 });

it('a canteen is watched from its cameras to the page', { timeout: 600_000 }, async () => {
  // Nothing is green before it has been seen.
  expect((await canteen.summary()).verdict).toBe('unknown');

  // Every camera answers, decodes and shows something, and no place is left blind, the recorder lists more than ninety whole days: green, and no gap on the way there.
  await eventually(async () => expect(await canteen.summary()).toMatchObject({ verdict: 'ok', cameras: { total: 4, healthy: 4 } }));
  expect(await canteen.gapsEver()).toEqual([]);
  await pageSays('1 达标');

  // A camera is unplugged: its own gap, and the square metres that the other camera of its zone does not see.
  await canteen.fault('cooking-1', 'unplugged', 'on');
  await eventually(async () => expect(await canteen.gaps()).toEqual(['camera-unreachable of cooking-1', 'zone-coverage-short of cooking']));
  const short = (await canteen.gapsEver()).find(({ rule }) => rule === 'zone-coverage-short');
  expect(short).toMatchObject({
    measured: { en: expect.stringMatching(/^1\d\.\d of 20\.4 m²/) },
    cause: { en: expect.stringContaining('cooking-1') },
  });
  await pageSays('1 不达标');

  // Plugged in again, it counts only once its stream has been decoded anew; then both gaps close by themselves.
  await canteen.fault('cooking-1', 'unplugged', 'off');
  await eventually(async () => expect(await canteen.gaps()).toEqual([]));
  expect((await canteen.gapsEver()).map((gap) => gap.status)).toEqual(['closed', 'closed']);
  await pageSays('1 达标');

  // A covered lens, a clock two minutes ahead: each is told apart.
  await canteen.fault('dining-1', 'black', 'on');
  await canteen.fault('cleaning-1', 'clock-ahead', 'on');
  await eventually(async () =>
    expect(await canteen.gaps()).toEqual(['clock-off of cleaning-1', 'picture-black of dining-1', 'zone-without-healthy-camera of dining']),
  );
  await canteen.fault('cleaning-1', 'clock-ahead', 'off');
  await eventually(async () =>
    expect(await canteen.gaps()).toEqual(['picture-black of dining-1', 'zone-without-healthy-camera of dining']),
  );

  // The gateway falls silent: one gap explains all others, none of them closes, and nothing may be called known.
  await canteen.stopGateway();
  await eventually(async () => expect(await canteen.summary()).toMatchObject({ verdict: 'unknown', openGaps: 1 }));
  await eventually(async () =>
    expect(await canteen.gaps()).toEqual(['gateway-silent', 'picture-black of dining-1', 'zone-without-healthy-camera of dining']),
  );
  await pageSays('1 未知');

  // While it is away the server is restarted, and the lens is uncovered. When the gateway is back, so is the green.
  await canteen.restartServer();
  await canteen.fault('dining-1', 'black', 'off');
  canteen.startGateway();
  await eventually(async () => expect(await canteen.summary()).toMatchObject({ verdict: 'ok', openGaps: 0 }));
  await eventually(async () => expect(await canteen.gaps()).toEqual([]));
  await pageSays('1 达标');
});
