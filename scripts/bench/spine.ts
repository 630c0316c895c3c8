// How long a camera's fault takes to become an open gap, and an open gap to stand on a page in a browser; real processes, real protocols.
import { mkdtempSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import type { Gap } from '#contract/gaps.ts';
import type { Board } from '#contract/views.ts';
import { launchBrowser } from '../../test/browser.ts';
import { type SignedIn, signedIn } from '../../test/signed-in.ts';
import type { DistrictCanteen } from '../district/canteen.ts';
import { type District, startDistrict } from '../district/district.ts';
import type { Figure } from './figure.ts';

const rounds = 3;
const camera = { id: 'kitchen-1', name: '灶台1号', zone: 'kitchen' };
const canteen: DistrictCanteen = {
  id: 'measured',
  name: '实测社区食堂',
  district: '小店区',
  zones: [{ id: 'kitchen', kind: 'cooking', name: '厨房' }],
  cameras: [camera],
  recorder: { id: 'recorder', name: '录像机', days: 95 },
};
const offline = `${camera.name}：不在线`;

interface Round {
  faultToGapMs: number;
  gapToPageMs: number;
  repairToClosedMs: number;
}

/** Three rounds; the worst of each counts. */
export async function spine(say: (line: string) => void): Promise<Figure[]> {
  const dataDir = mkdtempSync(join(tmpdir(), 'mingzao-bench-'));
  const district = await startDistrict({ canteens: [canteen], dataDir, port: 0, say });
  const browser = await launchBrowser();
  try {
    const regulator = await signedIn(district.url, district.accounts[1]);
    const page = await browser.newPage();
    await page.context().addCookies([regulator.browserCookie]);
    await page.goto(`${district.url}/board`);
    await untilHealthy(regulator);
    const measured: Round[] = [];
    for (let round = 1; round <= rounds; round += 1) {
      measured.push(await unplugAndPlug(district, { regulator, page }));
      say(`round ${round} of ${rounds} done`);
    }
    const worst = (key: keyof Round) => Math.max(...measured.map((each) => each[key]));
    return [
      { metric: 'camera unplugged to open gap, worst', value: seconds(worst('faultToGapMs')), unit: 's', goal: '<=30' },
      { metric: 'open gap to page, worst', value: worst('gapToPageMs'), unit: 'ms', goal: '<=500' },
      { metric: 'camera plugged in to gap closed, worst', value: seconds(worst('repairToClosedMs')), unit: 's', goal: '<=30' },
    ];
  } finally {
    await browser.close();
    await district.stop();
    await rm(dataDir, { recursive: true });
  }
}

async function unplugAndPlug(district: District, { regulator, page }: { regulator: SignedIn; page: Page }): Promise<Round> {
  const faults = district.simulated.get(canteen.id)?.devices.get(camera.id)?.faults;
  const unpluggedAt = Date.now();
  await faults?.set('unplugged');
  const [shownAt, opened] = await Promise.all([whenShown(page, offline), untilGap(regulator, isOffline)]);
  const pluggedAt = Date.now();
  await faults?.clear('unplugged');
  const closed = await untilGap(regulator, (gap) => gap.id === opened.id && gap.closedAt !== null);
  await untilHealthy(regulator);
  return {
    faultToGapMs: Date.parse(opened.openedAt) - unpluggedAt,
    gapToPageMs: shownAt - Date.parse(opened.openedAt),
    repairToClosedMs: Date.parse(closed.closedAt ?? '') - pluggedAt,
  };
}

/** When the words come to stand on the page, milliseconds since 1970, told by the page itself. */
async function whenShown(page: Page, words: string): Promise<number> {
  return page.evaluate(`new Promise((shown) => {
    const look = () => {
      if (!document.body.textContent.includes(${JSON.stringify(words)})) return;
      watch.disconnect();
      shown(Date.now());
    };
    const watch = new MutationObserver(look);
    watch.observe(document.body, { childList: true, subtree: true, characterData: true });
  })`);
}

const isOffline = (gap: Gap) => gap.rule === 'camera-unreachable' && gap.status === 'open';
async function untilGap(regulator: SignedIn, isMeant: (gap: Gap) => boolean): Promise<Gap> {
  return until<{ gaps: Gap[] }, Gap>(regulator, '/api/gaps?status=all', ({ gaps }) => gaps.find(isMeant));
}

async function untilHealthy(regulator: SignedIn): Promise<void> {
  await until<Board, true>(
    regulator,
    '/api/canteens',
    ({ canteens }) => canteens.every(({ cameras }) => cameras.healthy === 1) || undefined,
  );
}

async function until<Answer, Found>(regulator: SignedIn, path: string, find: (answer: Answer) => Found | undefined): Promise<Found> {
  const deadline = AbortSignal.timeout(120_000);
  while (true) {
    deadline.throwIfAborted();
    const found = find(await regulator.ask<Answer>(path));
    if (found !== undefined) return found;
    await sleep(200);
  }
}

function seconds(milliseconds: number): number {
  return Math.round(milliseconds / 100) / 10;
}
