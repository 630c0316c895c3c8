// The page of gateways in a browser: canteens with their certificates, a claim code to read out, and nothing undone by one careless click.
import type { BrowserContextOptions, Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { GatewayCanteen } from '#contract/gateways.ts';
import { districtAt } from './district.ts';
import { buildPages, openPage, type Pages, phone } from './opened-page.ts';

const at = '2026-11-26T06:30:00.000Z';
const fingerprint = Array.from({ length: 32 }, () => 'AB').join(':');
const certificate = { serial: '4D0C', state: 'in-use' as const, issuedAt: at, expiresAt: '2027-02-24T06:30:00.000Z', revokedAt: null };
const administrator = {
  ...{ name: '站长', grants: [{ role: 'administrator', scope: { kind: 'all' } }], by: 'session' },
  ...{ secondFactor: false, passwordRule: '' },
};

let pages: Pages;
beforeAll(async () => {
  pages = await buildPages();
}, 120_000);
afterAll(() => pages?.close());

/** What the page asked for, as `METHOD path body`, and what it is answered. */
async function answered(page: Page, server: string | null): Promise<string[]> {
  const asked: string[] = [];
  const canteens: GatewayCanteen[] = [
    { id: 'heping', name: '和平社区食堂', district: '万柏林区', inSettings: true, heardAt: null, certificates: [] },
    { id: 'qiaodong', name: '桥东社区食堂', district: '迎泽区', inSettings: false, heardAt: at, certificates: [certificate] },
  ];
  await page.route('**/api/**', (route) => {
    const request = route.request();
    const path = new URL(request.url()).pathname;
    if (request.method() !== 'GET') asked.push([request.method(), path, request.postData()].filter(Boolean).join(' '));
    if (path === '/api/me') return route.fulfill({ json: administrator });
    if (path === '/api/gateways') return route.fulfill({ json: { at, fingerprint, server, canteens } });
    if (path.endsWith('/claim-code'))
      return route.fulfill({
        json: { code: '7K2M-90XW', expiresAt: '2026-11-26T07:00:00.000Z', fingerprint, server },
      });
    if (path === '/api/canteens')
      return route.fulfill({ status: 400, json: { error: 'invalid-request', message: 'there is a canteen with this id already' } });
    return route.fulfill({ json: { done: true } });
  });
  return asked;
}

async function open({ server = 'https://mingzao.example:8443', ...options }: BrowserContextOptions & { server?: string | null } = {}) {
  const opened = await openPage(pages, { at, path: '/gateways.html', district: districtAt(at), options });
  const asked = await answered(opened.page, server);
  await opened.page.reload();
  await opened.page.getByRole('heading', { name: /桥东社区食堂/ }).waitFor();
  // Before anybody answered there was no such interface.
  opened.errors.length = 0;
  return { ...opened, asked, [Symbol.asyncDispose]: opened[Symbol.asyncDispose] };
}

it('shows a claim code in its biggest type, with the command that uses it', async () => {
  await using opened = await open();
  const { page } = opened;
  await page.getByRole('button', { name: '为桥东社区食堂生成新认领码' }).click();
  const code = page.getByText('7K2M-90XW', { exact: true });
  await code.waitFor();
  const size = await page.evaluate<number>("parseFloat(getComputedStyle(document.querySelector('.code')).fontSize)");
  expect(size).toBeGreaterThan(40);
  expect(await page.getByText('只能用一次').textContent()).toContain('15:00');
  expect(await page.locator('pre').textContent()).toBe(
    `npm run gateway -- enrol --server https://mingzao.example:8443 --code 7K2M-90XW --fingerprint ${fingerprint} --config config/gateway.yaml`,
  );
  expect(await opened.focused()).toBe('桥东社区食堂的认领码');
  await page.getByRole('button', { name: '关闭' }).click();
  expect(await code.count()).toBe(0);
});

it('asks once more before it shuts a gateway out or withdraws a canteen, and forgets the question when one turns away', async () => {
  await using opened = await open();
  const { page, asked } = opened;
  await page.getByRole('button', { name: '停用网关' }).click();
  await page.getByRole('button', { name: '撤销食堂' }).focus();
  await page.getByRole('button', { name: '停用网关' }).click();
  expect(asked).toEqual([]);
  await page.getByRole('button', { name: /确定停用/ }).click();
  await page.getByRole('button', { name: '撤销食堂' }).click();
  await page.getByRole('button', { name: /确定撤销/ }).click();
  await expect.poll(() => asked).toEqual(['POST /api/certificates/4D0C/revoke', 'DELETE /api/canteens/qiaodong']);
});

it('says in the server’s own sentence what was wrong, and keeps what was typed', async () => {
  await using opened = await open();
  const { page, asked } = opened;
  await page.getByRole('button', { name: 'English' }).click();
  await page.getByLabel(/^Id/).fill('qiaodong');
  await page.getByLabel('Name').fill('桥东');
  await page.getByLabel('District').fill('迎泽区');
  await page.getByRole('button', { name: 'Register canteen' }).click();
  await page.getByRole('alert').getByText('there is a canteen with this id already').waitFor();
  expect(asked).toEqual(['POST /api/canteens {"id":"qiaodong","name":"桥东","district":"迎泽区"}']);
  expect(await page.getByLabel('Name').inputValue()).toBe('桥东');
});

it('says in its own words that the server cannot be reached, also to whoever wants to sign out', async () => {
  await using opened = await open(phone);
  const { page } = opened;
  const uncaught: string[] = [];
  page.on('pageerror', (error) => void uncaught.push(error.message));
  const said = page.getByRole('alert').getByText('连不上服务器，请检查网络后再试。');
  await page.route('**/api/**', (route) => (route.request().method() === 'GET' ? route.fallback() : route.abort()));
  await page.getByRole('button', { name: '为桥东社区食堂生成新认领码' }).click();
  await said.waitFor();
  await page.getByRole('button', { name: '退出' }).click();
  await page.getByRole('banner').getByRole('alert').waitFor();
  expect(await said.count()).toBe(2);
  expect(await opened.complaints()).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  expect(uncaught).toEqual([]);
});

it('says so where gateways on other machines cannot reach the server yet', async () => {
  const hint = /其他机器上的网关还连不到本服务器/;
  await using reachable = await open();
  expect(await reachable.page.getByText(hint).count()).toBe(0);
  await using opened = await open({ server: null });
  await opened.page.getByText(hint).waitFor();
});

it('offers nothing that the settings decide, is fit for everyone, and works on a phone', async () => {
  await using opened = await open(phone);
  const { page, errors } = opened;
  expect(await page.getByRole('button', { name: '撤销食堂' }).count()).toBe(1);
  await page.getByRole('button', { name: '为和平社区食堂生成新认领码' }).click();
  await page.getByText('7K2M-90XW', { exact: true }).waitFor();
  expect(await opened.complaints()).toEqual([]);
  expect(await opened.small('button, input')).toEqual([]);
  expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth')).toBe(true);
  expect(errors).toEqual([]);
});
