import { execFileSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Fact } from '#contract/facts.ts';
import type { DeviceView } from '#contract/views.ts';
import { type District, districtAt, later, summaryOf } from './district.ts';
import { buildPages, openPage, type Pages, phone, scriptBytes, wide } from './opened-page.ts';
import { brokenDay, canteen, dayBefore, onDay, plannedCanteen } from './planned-canteen.ts';

const at = '2026-11-23T06:30:00.000Z';
const jsBudgetBytes = 110 * 1024;
const path = `/canteens/${canteen}`;
const theBrokenDay = dayBefore(at, brokenDay);

let pages: Pages;
let picture: Buffer;

beforeAll(async () => {
  const drawn = ['-f', 'lavfi', '-i', 'testsrc=size=320x180', '-frames:v', '1', '-f', 'image2pipe', '-c:v', 'mjpeg', '-'];
  picture = execFileSync('ffmpeg', ['-v', 'error', ...drawn]);
  pages = await buildPages();
}, 120_000);

afterAll(() => pages?.close());

describe('the page of a canteen', () => {
  it('says in its biggest type whether the canteen complies, and every reason in a line, worst first', async () => {
    await using opened = await openCanteen();
    expect(await opened.sentence()).toMatch(/^和平路社区食堂：不达标；数据 \d+ 秒前$/);
    const reasons = await opened.page.locator('summary strong').allTextContents();
    expect(reasons).toEqual(['烹饪间覆盖 87.8%，2.6 平方米看不到', expect.stringContaining('时钟慢 75 秒')]);
    await opened.page.getByText('烹饪间覆盖 87.8%').first().click();
    await opened.page.getByText('从另一侧加装一台摄像头').first().waitFor();
  });

  it('leads from the board to it and back', async () => {
    await using opened = await openCanteen('/board');
    await opened.page.getByRole('link', { name: '和平路社区食堂：平面图与录像' }).click();
    await opened.page.getByRole('heading', { name: /和平路社区食堂：.*不达标/ }).waitFor();
    await opened.page.getByRole('link', { name: '返回辖区看板' }).click();
    await opened.page.getByRole('heading', { name: /辖区 4 家/ }).waitFor();
  });

  it('says plainly that there is no such canteen', async () => {
    await using opened = await openPage(pages, { at, path: '/canteens/nowhere', district: districtAt(at) });
    await opened.page.getByRole('heading', { name: '辖区内没有这家食堂。' }).waitFor();
  });

  it('is light: at most 110 KiB of script, compressed', async () => {
    expect(await scriptBytes(pages.dist, 'canteen.html')).toBeLessThanOrEqual(jsBudgetBytes);
  });
});

describe('coverage', () => {
  it('leads from a blind spot’s number on the plan to its cause, and points at both', async () => {
    await using opened = await openCanteen();
    const number = opened.page.locator('svg').getByRole('link', { name: '死角 2，1.98 平方米' });
    await number.click();
    const spot = opened.page.locator('[id="coverage/stove/1"]');
    expect(await spot.textContent()).toMatch(/1\.98 平方米.*烹饪间：被遮挡物“油烟罩”挡住（从烹饪间1号看）.*整改：移开或抬高“油烟罩”/);
    expect(await opened.focused()).toContain('油烟罩');
    expect(opened.page.url()).toContain('#coverage/stove/1');
    expect(await opened.page.locator('path.blind.pointed').count()).toBe(1);
    await opened.page.mouse.move(0, 0);
    expect(await spot.getAttribute('class')).toContain('pointed');
  });

  it('points at a spot on the plan when somebody points at it in the list', async () => {
    await using opened = await openCanteen();
    await opened.level('125');
    expect(await opened.page.locator('path.blind.pointed').count()).toBe(0);
    await opened.page.getByText('就餐大厅1号看得到，但不足 125 像素/米').hover();
    expect(await opened.page.locator('path.blind.pointed').count()).toBe(1);
  });

  it('shows each zone at the level the standard asks of its kind', async () => {
    await using opened = await openCanteen();
    const row = (name: RegExp) => opened.page.getByRole('row', { name }).textContent();
    expect(await row(/就餐大厅/)).toMatch(/80 像素\/米.*97\.8%.*1\.29 平方米.*就餐大厅1号失效将减少 53\.9 平方米/);
    expect(await row(/烹饪间/)).toMatch(/125 像素\/米.*87\.8%.*2\.59 平方米/);
    await opened.page.getByText('任一摄像头失效时（按“看得到”计）').waitFor();
  });

  it('shows another level at a choice: its own shares, square metres and blind spots', async () => {
    await using opened = await openCanteen();
    const hall = opened.page.getByRole('row', { name: /就餐大厅/ });
    await opened.level('125');
    expect(await hall.textContent()).toMatch(/88\.9%.*6\.71 平方米/);
    await opened.level('0');
    expect(await hall.textContent()).toMatch(/97\.8%.*1\.29 平方米/);
    expect(await opened.page.locator('path.blind.state-fault').count()).toBe(3);
    await opened.level('250');
    expect(await opened.page.getByRole('row', { name: /烹饪间/ }).textContent()).toContain('未按此清晰度计算');
    await opened.page.getByText('覆盖情况未知，无法确认有无死角').waitFor();
  });

  it('calls no zone green by itself: the gap of a zone marks it, others are only read', async () => {
    await using opened = await openCanteen();
    const classOf = (zone: string) => opened.page.getByRole('row', { name: zone }).locator('.mark').getAttribute('class');
    expect(await classOf('烹饪间')).toContain('state-fault');
    expect(await classOf('洗消间')).toContain('state-read');
  });

  it('shows 未知 once the facts are past their time, and believes no blind spot and no cover any more', async () => {
    await using opened = await openCanteen();
    opened.server.tellCanteen(summaryOf(at, { ...districtOf().canteens.at(-1), staleAt: later(at, 3600) }));
    opened.server.tick(later(at, 301));
    await expect.poll(() => opened.page.getByRole('row', { name: /就餐大厅/ }).textContent()).toMatch(/未知.*分钟前为 97\.8%/);
    expect(await opened.page.locator('#coverage .mark.state-read, #coverage .mark.state-ok').count()).toBe(0);
    expect(await opened.page.locator('path.blind.state-fault').count()).toBe(0);
  });

  it('says what to do where there is no plan', async () => {
    const district = districtOf();
    const [view] = district.views.splice(-1);
    if (view?.layout) delete view.layout.plan;
    await using opened = await openCanteen(path, { district: { ...district, views: [...district.views, ...(view ? [view] : [])] } });
    await opened.page.getByRole('heading', { name: '还没有平面图' }).waitFor();
    await opened.page.getByText('请安装人员在网关设置文件中写明平面图').waitFor();
  });
});

describe('pictures', () => {
  it('show what each camera saw last, with its age and clock, or why there is none', async () => {
    await using opened = await openCanteen();
    const tiles = opened.page.locator('#pictures li');
    expect(await tiles.count()).toBe(3);
    const hall = tiles.filter({ hasText: '就餐大厅1号' });
    await expect.poll(() => opened.page.evaluate(`document.querySelector('#pictures img').naturalWidth`)).toBe(320);
    expect(await hall.textContent()).toMatch(/监看就餐大厅 *2 分钟前的画面.*时钟 误差 0\.4 秒/s);
    expect(await hall.locator('.mark').count()).toBe(0);
    expect(await tiles.filter({ hasText: '烹饪间1号' }).textContent()).toMatch(/没有画面：设备无应答、设备离线，未能检查.*异常/);
    await tiles.filter({ hasText: '洗消间1号' }).getByText('画面已不在服务器上').waitFor();
    expect(await tiles.filter({ hasText: '洗消间1号' }).textContent()).toContain('时钟 慢 75 秒');
  });

  it('say every aspect that is not in order, also beside a graver one, and what is only suspected', async () => {
    await using opened = await openCanteen();
    await opened.page.locator('#pictures li', { hasText: '洗消间1号' }).getByText('摄像头移位、画面偏色、疑似画面模糊').waitFor();
  });

  it('do not pass for fresh where the gateway does not say when they were taken', async () => {
    const district = districtOf();
    for (const fact of district.views.flatMap(({ devices }) => devices).flatMap(({ facts }) => facts))
      if (fact.check === 'picture') delete fact.measured?.jpegAt;
    await using opened = await openCanteen(path, { district });
    const hall = opened.page.locator('#pictures li', { hasText: '就餐大厅1号' });
    await hall.getByText('拍摄时间未知').waitFor();
    expect(await hall.textContent()).not.toContain('的画面');
  });

  it('and the plan point at each other’s cameras', async () => {
    await using opened = await openCanteen();
    const tile = opened.page.locator('[id="pictures/wash-1"]');
    const onPlan = opened.page.locator('svg').getByRole('link', { name: /洗消间1号/ });
    await onPlan.hover();
    expect(await tile.getAttribute('class')).toContain('pointed');
    await tile.getByRole('link').hover();
    expect(await opened.page.locator('svg a.pointed').getAttribute('aria-label')).toContain('洗消间1号');
    await onPlan.click();
    expect(await opened.focused()).toContain('洗消间1号');
    expect(opened.page.url()).toContain('#pictures/wash-1');
  });

  it('are 未知 and grey once nothing is heard', async () => {
    await using opened = await openCanteen();
    opened.server.tick(later(at, 61));
    await expect.poll(() => opened.page.locator('#pictures .mark.state-unknown').count()).toBe(3);
    expect(await opened.page.locator('#pictures').getByText('时钟未知').count()).toBe(3);
    expect(await opened.sentence()).toContain('无法判断');
  });
});

describe('footage', () => {
  it('leads from the calendar to the hours and holes of a day in two clicks at most', async () => {
    await using opened = await openCanteen();
    const calendar = opened.page.locator('#footage article', { hasText: '烹饪间1号' });
    expect(await calendar.textContent()).toMatch(/连续可追溯 11\/90 天，最早 2026-08-24，最长缺段 1 天/);
    await calendar.getByRole('link', { name: /^2026年11月11日，有缺段，90\.9%$/ }).click();
    const day = opened.page.locator(`[id="footage/cook-1/${theBrokenDay}"]`);
    expect(
      await day
        .getByRole('listitem')
        .allTextContents()
        .then((texts) => texts.map(squeezed)),
    ).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^9 时，有缺段/),
        expect.stringMatching(/^10 时，完整/),
        expect.stringMatching(/^15 时，没有录像/),
        '09:10–09:51（41 分钟） 摄像头离线',
        '14:30–16:00（1 小时 30 分） 硬盘故障、已满或未挂载',
      ]),
    );
    expect(await day.textContent()).toMatch(/这台摄像头共 240 处缺段，录像清单只列出最长的 3 处/);
    expect(await opened.focused()).toContain('2026年11月11日');
  });

  it('says when a young camera will have enough', async () => {
    await using opened = await openCanteen();
    const calendar = opened.page.locator('#footage article', { hasText: '洗消间1号' });
    expect(await calendar.textContent()).toContain('已连续保存 55 天，预计 2026年12月28日 存满 90 天。');
  });

  it('opens the same day by its address', async () => {
    await using opened = await openCanteen(`${path}#footage/cook-1/${theBrokenDay}`);
    await opened.page.getByText('09:10–09:51（41 分钟）').waitFor();
    await expect.poll(() => opened.focused()).toContain('2026年11月11日');
  });

  it('goes from day to day by the arrow keys, with one stop of the tab key a camera', async () => {
    await using opened = await openCanteen();
    const days = opened.page.locator('#footage article', { hasText: '就餐大厅1号' }).locator('a[data-day]');
    expect(await days.count()).toBe(91);
    expect(await opened.page.locator('#footage a[data-day][tabindex="0"]').count()).toBe(3);
    await days.last().focus();
    const { keyboard } = opened.page;
    for (const key of ['ArrowUp', 'ArrowUp', 'ArrowLeft']) await keyboard.press(key);
    expect(await opened.page.evaluate('document.activeElement.dataset.day')).toBe(dayBefore(at, 15));
    await keyboard.press('Enter');
    await opened.page
      .locator(`[id="footage/hall-1/${dayBefore(at, 15)}"]`)
      .getByText('当天没有缺段。')
      .waitFor();
  });

  it('says of each day what proves it', async () => {
    await using opened = await openCanteen(`${path}#footage/hall-1/${dayBefore(at, 2)}`);
    await opened.page.getByText('依据：录像机清单，当日已抽查回放').waitFor();
    await opened.page
      .locator(`a[data-day="${dayBefore(at, 3)}"]`)
      .first()
      .click();
    await opened.page.getByText('依据：录像机清单 ·').waitFor();
  });

  it('takes nothing for proof that another recorder played, or that began too far from what was asked', async () => {
    const district = districtOf();
    const day = dayBefore(at, 3);
    const sample = (deviationSeconds: number) =>
      ({ recording: 'r-hall-1', asked: onDay(at, 3, '12:00'), outcome: 'ok', played: onDay(at, 3, '12:00'), deviationSeconds }) as const;
    const played = (device: string, deviationSeconds: number): Fact => ({
      ...{ schemaVersion: 1, check: 'playback', device, outcome: 'ok', observedAt: at, validUntil: later(at, 300) },
      measured: { samples: [sample(deviationSeconds)] },
    });
    const devices = district.views.at(-1)?.devices ?? [];
    const recorder = devices.find(({ id }) => id === 'recorder-1');
    const other: DeviceView = { id: 'recorder-2', name: '备用录像机', kind: 'recorder', zones: [], outcome: 'ok', facts: [] };
    recorder?.facts.push(played('recorder-1', 45));
    devices.push({ ...other, facts: [played('recorder-2', 0.2)] });
    await using opened = await openCanteen(`${path}#footage/hall-1/${day}`, { district });
    const shown = opened.page.locator(`[id="footage/hall-1/${day}"]`);
    await shown.getByText('时间偏差 45.0 秒，超过 30 秒，不能作为证明').waitFor();
    expect(await shown.textContent()).toMatch(/依据：录像机清单 ·/);
    expect(await shown.textContent()).not.toContain('可回放');
  });

  it('proves nothing any more once the list is past its time', async () => {
    await using opened = await openCanteen(`${path}#footage/cook-1/${theBrokenDay}`);
    await opened.page.getByText('09:10–09:51（41 分钟）').waitFor();
    opened.server.tick(later(at, 61));
    await expect.poll(() => opened.page.locator('#footage article').getByText('已失效').count()).toBe(3);
    expect(await opened.page.locator('#footage article svg:is(.complete, .gap, .none)').count()).toBe(0);
    expect(await opened.page.locator('#footage article').first().textContent()).not.toContain('连续可追溯');
  });
});

describe('history', () => {
  it('tells each span in words, by pointer and by keyboard', async () => {
    await using opened = await openCanteen();
    const band = opened.page.getByRole('slider', { name: '烹饪间1号，画面：逐段查看' });
    expect(await opened.page.locator('.band', { hasText: '异常 1 次，共 25 分钟；未知 1 次，共 1 小时' }).textContent()).toContain(
      '正常 94.0%',
    );
    await band.focus();
    for (const key of ['Home', 'ArrowRight']) await opened.page.keyboard.press(key);
    expect(await band.getAttribute('aria-valuetext')).toBe('05:30:00–05:55:00　异常，画面全黑，25 分钟');
    for (const key of ['ArrowRight', 'ArrowRight']) await opened.page.keyboard.press(key);
    expect(await band.textContent()).toContain('未知，无有效数据，1 小时');
    await opened.page.getByRole('heading', { name: '检测历史' }).hover();
    await band.hover({ position: { x: 5, y: 10 } });
    expect(await band.textContent()).toContain('正常');
  });

  it('says 现在 of no end that lies back a minute or more', async () => {
    await using opened = await openCanteen();
    const band = opened.page.getByRole('slider', { name: '烹饪间1号，画面：逐段查看' });
    await band.focus();
    expect(await band.getAttribute('aria-valuetext')).toMatch(/–现在　正常/);
    opened.server.tick(later(at, 70));
    await expect.poll(() => band.getAttribute('aria-valuetext')).toMatch(/–14:30:00　正常/);
  });

  it('asks for as much time as is chosen', async () => {
    await using opened = await openCanteen();
    const asked = opened.page.waitForRequest((request) => request.url().includes('/history?from='));
    await opened.page.getByText('30 天', { exact: true }).click();
    const from = new URL((await asked).url()).searchParams.get('from') ?? '';
    expect(Math.abs(Date.parse(from) - Date.parse(later(at, -30 * 86_400)))).toBeLessThan(60_000);
  });
});

describe('the page of a canteen, for everybody', () => {
  it.each<[string, string, BrowserContextOptions]>([
    ['light', '', wide],
    ['dark', `#footage/cook-1/${theBrokenDay}`, { ...wide, colorScheme: 'dark' }],
    ['360 px', '#coverage/stove/1', phone],
    ['360 px, dark', `#footage/cook-1/${theBrokenDay}`, { ...phone, colorScheme: 'dark' }],
  ])('gives axe nothing to complain of: %s', async (_, hash, options) => {
    await using opened = await openCanteen(path + hash, { options });
    expect(await opened.complaints()).toEqual([]);
    opened.server.tick(later(at, 61));
    await opened.page.locator('.broken').waitFor();
    expect(await opened.complaints()).toEqual([]);
  });

  it('prints on A4 without what only a screen can use, with every reason open, and nothing for axe to complain of', async () => {
    await using opened = await openCanteen(path, { options: { viewport: { width: 794, height: 1123 }, colorScheme: 'dark' } });
    await opened.page.emulateMedia({ media: 'print' });
    expect(await opened.page.getByText('从另一侧加装一台摄像头').first().isVisible()).toBe(true);
    expect(await opened.page.getByRole('button', { name: 'English' }).isVisible()).toBe(false);
    expect(await opened.page.evaluate('document.documentElement.scrollWidth')).toBe(794);
    expect(await opened.complaints()).toEqual([]);
    expect(await opened.page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
  });

  it('needs no sideways scroll at 360 px, in either language, and every control is large enough for a finger', async () => {
    await using opened = await openCanteen(`${path}#footage/cook-1/${theBrokenDay}`, { options: phone });
    for (const language of ['zh-CN', 'en']) {
      if (language === 'en') await opened.page.getByRole('button', { name: 'English' }).click();
      expect(await opened.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    }
    expect(await opened.small('a:not(.unseen), button, summary, select, fieldset label, [role=slider]')).toEqual([]);
  });

  it('can be used by keyboard alone: from the top to a blind spot’s cause', async () => {
    await using opened = await openCanteen();
    const { keyboard } = opened.page;
    await opened.page
      .locator('svg')
      .getByRole('link', { name: /死角 1，/ })
      .focus();
    await keyboard.press('Tab');
    await keyboard.press('Enter');
    expect(await opened.focused()).toContain('被遮挡物“油烟罩”挡住');
    await opened.page.getByRole('combobox', { name: '清晰度' }).focus();
    for (const key of ['ArrowDown', 'ArrowDown', 'ArrowDown']) await keyboard.press(key);
    await opened.page.getByRole('row', { name: /就餐大厅.*88\.9%/ }).waitFor();
    await opened.page.goBack();
    expect(opened.page.url()).not.toContain('#');
  });

  it('keeps to a policy that allows nothing but its own files, without an error in the console', async () => {
    await using opened = await openCanteen(`${path}#footage/cook-1/${theBrokenDay}`);
    await opened.page.getByText('密度图').click();
    await opened.level('250');
    // One picture is not kept any more, on purpose.
    expect(opened.errors.filter((error) => !error.includes('404'))).toEqual([]);
  });

  it('speaks English', async () => {
    await using opened = await openCanteen(`${path}#footage/cook-1/${theBrokenDay}`);
    await opened.page.getByRole('button', { name: 'English' }).click();
    for (const words of ['not compliant', 'hidden behind “油烟罩”', '09:10–09:51 (41 min)', '11/90 days traceable without a break'])
      await opened.page.getByText(words).first().waitFor();
  });
});

function districtOf(): District {
  const sha256 = createHash('sha256').update(picture).digest('hex');
  const view = plannedCanteen(at, { 'hall-1': sha256, 'wash-1': 'f'.repeat(64) });
  const others = districtAt(at);
  return {
    canteens: [...others.canteens, view.summary],
    gaps: [...others.gaps, ...view.gaps],
    views: [...others.views, view],
    pictures: new Map([[sha256, picture]]),
  };
}

const squeezed = (text: string) => text.replaceAll(/\s+/g, ' ').trim();

/** The page, drawn whole. */
async function openCanteen(to = path, about: { district?: District; options?: BrowserContextOptions } = {}) {
  const { district = districtOf(), options = wide } = about;
  const opened = await openPage(pages, { at, path: to, district, options });
  await opened.page
    .locator(to.startsWith('/board') ? 'h1 button' : '#footage article')
    .first()
    .waitFor();
  if (!to.startsWith('/board')) await opened.page.getByRole('slider').first().waitFor();
  return {
    ...opened,
    level: (value: string) => opened.page.getByLabel('清晰度').selectOption({ value }),
    sentence: async () => squeezed((await opened.page.locator('h1').textContent()) ?? '').replaceAll(/ ?([：；]) ?/g, '$1'),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
