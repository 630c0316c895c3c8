import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { BrowserContextOptions } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type District, districtAt, gapOf, later, summaryOf } from './district.ts';
import { buildPages, openPage, type Pages, phone, scriptBytes, wide } from './opened-page.ts';

const at = '2026-11-23T06:30:00.000Z';
const jsBudgetBytes = 60 * 1024;
const order = ['杏花岭区胜利桥社区食堂', '万柏林区和平社区食堂', '迎泽街道第一社区食堂'];

let pages: Pages;

beforeAll(async () => {
  pages = await buildPages();
}, 120_000);

afterAll(() => pages?.close());

describe('the regulators’ board', () => {
  it('says in its biggest type how the district is', async () => {
    await using board = await openBoard();
    expect(await board.sentence()).toMatch(/^辖区 3 家：1 达标，1 不达标，1 未知；数据 \d+ 秒前$/);
    const largest = await board.page.evaluate<string>(
      `[...document.querySelectorAll('body *')].toSorted((a, b) => parseFloat(getComputedStyle(b).fontSize) - parseFloat(getComputedStyle(a).fontSize))[0].tagName`,
    );
    expect(largest).toBe('H1');
  });

  it('lists the canteens worst first, each with its verdict and the reason of a zone that is not in order', async () => {
    await using board = await openBoard();
    expect(await board.names()).toEqual(order);
    const first = await board.rows().first().textContent();
    for (const words of ['不达标', '就餐区', '制餐区', '清洁区', '应有 1 台正常的摄像头，现有 0 台', '摄像头 3/4 正常', '2 项验收缺口'])
      expect(first).toContain(words);
  });

  it('tells each open gap in words, and folds those another explains under it', async () => {
    await using board = await openBoard();
    const card = board.page.locator('.gap', { hasText: '灶台摄像头：码流无法打开' });
    for (const words of [
      '每台摄像头的画面能实时解码',
      '用户名或密码错误',
      '更新该摄像头的密码',
      '监控标准第3条',
      '监控接通',
      '13:49:00 起',
    ])
      await card.getByText(words).first().waitFor();
    const folded = board.page.getByText('无法得知摄像头是否正常').first();
    expect(await folded.isVisible()).toBe(false);
    await board.page.getByText('由此引起的另外 3 项').click();
    await folded.waitFor({ state: 'visible' });
  });

  it('follows a change without being loaded again, and says it aloud once', async () => {
    await using board = await openBoard();
    await board.page.evaluate('globalThis.sameDocument = true');
    board.server.tellCanteen(summaryOf(at, { verdict: 'fault', openGaps: 1, worstSeverity: 'major' }));
    board.server.tellGap(gapOf(at, { id: 'new', canteen: summaryOf(at).id, measured: { zh: '画面全黑', en: 'The picture is black' } }));
    await board.sentenceIs(/0 达标，2 不达标，1 未知/);
    await board.page.getByText('画面全黑').waitFor();
    expect(await board.page.locator('[aria-live=polite]').textContent()).toBe('迎泽街道第一社区食堂变为不达标');
    board.server.tellCanteen(summaryOf(at));
    board.server.tellGap(gapOf(at, { id: 'new', canteen: summaryOf(at).id, status: 'closed', closedAt: at }));
    await board.sentenceIs(/1 达标，1 不达标，1 未知/);
    await board.page.getByText('画面全黑').waitFor({ state: 'detached' });
    expect(await board.page.evaluate('globalThis.sameDocument')).toBe(true);
  });

  it('never leaves a canteen green past the time its verdict may be believed', async () => {
    await using board = await openBoard();
    board.server.tick(later(at, 61));
    await board.sentenceIs(/0 达标，0 不达标，3 未知/);
    expect(await board.rows().locator('.state-ok').count()).toBe(0);
    expect(await board.page.getByText('数据已过期，无法判断').count()).toBeGreaterThan(0);
  });

  it('says plainly that the line is broken, and recovers by itself with what it missed', async () => {
    await using board = await openBoard();
    board.server.down(true);
    await board.page.getByText('与服务器的连接已中断').waitFor();
    const after = districtAt(at);
    board.server.serve({ ...after, canteens: after.canteens.map((canteen) => ({ ...canteen, verdict: 'ok', staleAt: later(at, 60) })) });
    board.server.down(false);
    await board.sentenceIs(/3 达标，0 不达标，0 未知/);
    await board.page.getByText('与服务器的连接已中断').waitFor({ state: 'detached' });
  });

  it('has words for a server that never answered and for a district without canteens', async () => {
    await using board = await openBoard({ district: { canteens: [], gaps: [], views: [] } });
    await board.page.getByText('辖区内还没有食堂').waitFor();
    await board.sentenceIs(/^辖区 0 家/);
    await board.page.route('**/api/**', (route) => route.abort());
    await board.page.reload();
    await board.page.getByText('连不上监管服务器').waitFor();
  });

  it('filters by the parts of its sentence', async () => {
    await using board = await openBoard();
    await board.page.getByRole('button', { name: '1 未知' }).click();
    expect(await board.names()).toEqual([order[1]]);
    await board.page.getByRole('button', { name: '辖区 3 家' }).click();
    expect(await board.names()).toEqual(order);
  });

  it('speaks English after one click, and still does when opened again', async () => {
    await using board = await openBoard();
    await board.page.getByRole('button', { name: 'English' }).click();
    await board.sentenceIs(/^3 canteens: ?1 compliant, ?1 not compliant, ?1 unknown; ?data \d+ s ago$/);
    await board.page.reload();
    await board.sentenceIs(/^3 canteens/);
    expect(await board.page.evaluate('document.documentElement.lang')).toBe('en');
    expect(await board.page.locator('main').textContent()).toContain('The camera refuses the login');
  });

  it('can be used by keyboard alone: skip to the list, open a canteen, read its devices, go back to the same row', async () => {
    await using board = await openBoard();
    const { keyboard } = board.page;
    await keyboard.press('Tab');
    expect(await board.focused()).toContain('跳到食堂列表');
    await keyboard.press('Enter');
    await keyboard.press('Tab');
    expect(await board.focused()).toBe(order[0]);
    await keyboard.press('Enter');
    await board.page.getByText('应答 12 毫秒').waitFor();
    expect(await board.focused()).toContain(order[0]);
    await keyboard.press('Shift+Tab');
    expect(await board.focused()).toContain('返回全部食堂');
    await keyboard.press('Enter');
    await board.page.getByRole('heading', { name: '验收缺口', exact: true }).waitFor();
    await expect.poll(() => board.focused()).toBe(order[0]);
  });

  it('leaves the keyboard on a row that moves to another place', async () => {
    await using board = await openBoard();
    await board.rows().last().getByRole('link').first().focus();
    board.server.tellCanteen(summaryOf(at, { verdict: 'fault', openGaps: 9, worstSeverity: 'critical' }));
    await expect.poll(() => board.names()).toEqual([order[2], order[0], order[1]]);
    await expect.poll(() => board.focused()).toBe(order[2]);
  });

  it('shows what the checks last saw of each device, each with its word, and judges nothing the gateway only reads', async () => {
    await using board = await openBoard({ path: '/board#/canteens/xinghualing-2' });
    const stove = board.page.locator('.device', { hasText: '灶台摄像头' }).first();
    await stove.waitFor();
    const lines = (await stove.getByRole('listitem').allTextContents()).map((text) => text.replaceAll(/\s+/g, ' ').trim());
    expect(lines).toEqual([
      expect.stringMatching(/^联网 正常 应答 12 毫秒 \d+ 秒前检查$/),
      expect.stringMatching(/^时钟 已读取 慢 75 秒/),
      expect.stringMatching(/^码流 异常 用户名或密码错误/),
      expect.stringMatching(/^画面 未知 没有可用码流/),
    ]);
    board.server.tick(later(at, 301));
    await expect.poll(() => stove.locator('.state-ok').count()).toBe(0);
  });

  it.each([
    ['the list', '/board'],
    ['one canteen', '/board#/canteens/xinghualing-2'],
    ['the wall theme', '/board?theme=wall'],
  ])('needs no sideways scroll at 360 px: %s', async (_, path) => {
    await using board = await openBoard({ path, options: phone });
    for (const language of ['zh-CN', 'en']) {
      if (language === 'en') await board.page.getByRole('button', { name: 'English' }).click();
      expect(await board.page.evaluate('document.documentElement.scrollWidth')).toBe(360);
    }
  });

  it.each<[string, string, BrowserContextOptions]>([
    ['light', '/board', wide],
    ['dark', '/board', { ...wide, colorScheme: 'dark' }],
    ['360 px', '/board', phone],
    ['one canteen, light', '/board#/canteens/xinghualing-2', wide],
    ['one canteen, dark, 360 px', '/board#/canteens/xinghualing-2', { ...phone, colorScheme: 'dark' }],
    ['wall', '/board?theme=wall', { ...wide, colorScheme: 'dark' }],
  ])('gives axe nothing to complain of: %s', async (_, path, options) => {
    await using board = await openBoard({ path, options });
    if (path.includes('#')) await board.page.locator('.device').first().waitFor();
    expect(await board.complaints()).toEqual([]);
    board.server.down(true);
    await board.page.locator('.broken').waitFor();
    expect(await board.complaints()).toEqual([]);
  });

  it('gives every control at least 24 by 24 pixels', async () => {
    await using board = await openBoard({ options: phone });
    const small = await board.small('main a, header button, h1 button, summary');
    expect(small).toEqual([]);
  });

  it('tells every state by a word and a shape of its own, so that nothing is lost without colour', async () => {
    await using board = await openBoard();
    const words = { 'state-ok': /(?<!不)达标|正常/, 'state-fault': /不达标|异常|实测不符/, 'state-unknown': /未知|无法证实/ };
    const shapes = new Set<string>();
    for (const [state, word] of Object.entries(words)) {
      const marks = board.page.locator(`main .${state}:is(.mark, button)`);
      for (const text of await marks.allTextContents()) expect(text).toMatch(word);
      shapes.add(await marks.first().locator('svg').innerHTML());
    }
    expect(shapes.size).toBe(3);
  });

  it('keeps to a policy that allows nothing but its own files, without an error in the console', async () => {
    await using board = await openBoard({ path: '/board#/canteens/xinghualing-2' });
    await board.page.locator('.device').first().waitFor();
    board.server.tellCanteen(summaryOf(at, { verdict: 'fault' }));
    await board.sentenceIs(/2 不达标/);
    expect(board.errors).toEqual([]);
  });

  it('is light: at most 60 KiB of script, compressed', async () => {
    const assets = await readdir(join(pages.dist, 'assets'));
    expect(await scriptBytes(pages.dist, 'board.html')).toBeLessThanOrEqual(jsBudgetBytes);
    expect(assets.every((name) => /-[\w-]{8}\.\w+$/.test(name))).toBe(true);
  });
});

/** The board, drawn. */
async function openBoard(about: { path?: string; district?: District; options?: BrowserContextOptions } = {}) {
  const { path = '/board', district = districtAt(at), options = wide } = about;
  const opened = await openPage(pages, { at, path, district, options });
  const { page } = opened;
  await page.locator('h1 button').first().waitFor();

  // Without the blanks between the parts, which are set by the style sheet.
  const sentence = async () =>
    ((await page.locator('h1').textContent()) ?? '')
      .replaceAll(/\s+/g, ' ')
      .replaceAll(/([：，；]) /g, '$1')
      .trim();
  const rows = () => page.locator('.canteens > ul > li');
  return {
    page,
    server: opened.server,
    errors: opened.errors,
    complaints: opened.complaints,
    small: opened.small,
    focused: opened.focused,
    rows,
    sentence,
    sentenceIs: (expected: RegExp) => expect.poll(sentence, { timeout: 10_000 }).toMatch(expected),
    names: () => rows().getByRole('heading').getByRole('link').allTextContents(),
    [Symbol.asyncDispose]: () => opened[Symbol.asyncDispose](),
  };
}
