// The pages for coming in, for one's own account and for people, in a browser on a real server.
import axe, { type AxeResults } from 'axe-core';
import { Secret, TOTP } from 'otpauth';
import type { Page } from 'playwright-core';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { loadSettings } from '../../server/config.ts';
import { type RunningServer, startServer } from '../../server/main.ts';
import { silent } from '../server/app-parts.ts';
import { writeConfig } from '../server/server-program.ts';
import { firstAdministrator, invited, password } from '../signed-in.ts';
import { buildPages, type Pages, phone, scriptBytes } from './opened-page.ts';

let pages: Pages;
beforeAll(async () => {
  pages = await buildPages();
}, 120_000);
afterAll(() => pages?.close());

async function start(): Promise<RunningServer> {
  const server = await startServer({ ...loadSettings(writeConfig()), pages: pages.dist }, silent);
  onTestFinished(() => server.stop());
  return server;
}

async function openBrowser() {
  const context = await pages.browser.newContext(phone);
  onTestFinished(() => context.close());
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('pageerror', (error) => void errors.push(error.message));
  page.on('console', (message) => void (message.text().includes('Content Security Policy') && errors.push(message.text())));
  return { context, page, errors };
}

/** As narrow as a telephone, and nothing for axe to complain of. */
async function expectSound(page: Page): Promise<void> {
  expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(360);
  await page.evaluate(axe.source);
  const { violations } = await page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
  expect(violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`)).toEqual([]);
}

it('the printed link makes the first administrator, who invites somebody by a link of their own', { timeout: 60_000 }, async () => {
  const { firstLink = '', address } = await start();
  const { page, errors } = await openBrowser();
  await page.goto(firstLink);
  await page.getByLabel('姓名').fill('站长');
  await expectSound(page);
  // The secret is no part of what the browser remembers.
  expect(page.url()).toBe(`${address}/welcome`);
  await page.getByLabel('密码', { exact: true }).fill('short');
  await page.getByLabel('再输入一遍密码').fill('short');
  await page.getByRole('button').filter({ hasText: '设置密码' }).click();
  await page.getByRole('alert').getByText('密码为 12 到 200 个字符').waitFor();
  await page.getByLabel('密码', { exact: true }).fill(password);
  await page.getByLabel('再输入一遍密码').fill(password);
  await page.getByRole('button').filter({ hasText: '设置密码' }).click();
  await page.waitForURL(`${address}/board`);

  await page.getByRole('link', { name: '人员' }).click();
  await page.getByLabel('姓名').fill('王工');
  await page.getByLabel('监管人员').check();
  await page.getByRole('combobox', { name: '监管人员' }).selectOption('districts');
  await page.getByLabel('监管人员 辖区').fill('迎泽区，万柏林区');
  await expectSound(page);
  await page.getByRole('button', { name: '邀请' }).click();
  const link = (await page.locator('code').textContent()) ?? '';
  expect(link).toMatch(/^http:.*\/welcome#[\w-]{43}$/);
  await page.getByText('辖区：迎泽区、万柏林区').waitFor();
  await expectSound(page);
  const card = page.locator('article', { hasText: '王工' });
  await card.getByRole('button', { name: '修改权限' }).click();
  await card.getByLabel('监管人员 辖区').fill('尖草坪区');
  await card.getByRole('button', { name: '取消' }).click();
  await card.getByText('辖区：迎泽区、万柏林区').waitFor();

  const other = await openBrowser();
  await other.page.goto(link);
  await other.page.getByText('王工，请设置您的密码。').waitFor();
  await other.page.getByLabel('密码', { exact: true }).fill('another long password');
  await other.page.getByLabel('再输入一遍密码').fill('another long password');
  await other.page.getByRole('button').filter({ hasText: '设置密码' }).click();
  await other.page.waitForURL(`${address}/board`);
  await other.page.getByText('桥东').first().waitFor();

  // Shut out, the open page goes to where one signs in.
  await card.getByRole('button', { name: '停用' }).click();
  await page.getByRole('button', { name: '确定停用' }).click();
  await other.page.waitForURL(/\/sign-in\?from=/);
  expect([...errors, ...other.errors]).toEqual([]);
});

it('a visitor is led to sign in and back, with a second factor once it is on, and out again', { timeout: 60_000 }, async () => {
  const { firstLink = '', address } = await start();
  const administrator = await firstAdministrator(firstLink);
  await invited(administrator, { address, name: '王工', grants: [{ role: 'regulator', scope: { kind: 'all' } }] });
  const { page, errors } = await openBrowser();
  const signIn = async (given: string) => {
    await page.getByLabel('姓名').fill('王工');
    await page.getByLabel('密码').fill(given);
    await page.getByRole('button', { name: '登录' }).click();
  };

  await page.goto(`${address}/canteens/qiaodong#footage`);
  await page.waitForURL(/\/sign-in\?from=/);
  await signIn('a wrong password');
  await page.getByText('姓名或密码不正确。').waitFor();
  await expectSound(page);
  await signIn(password);
  await page.waitForURL(`${address}/canteens/qiaodong#footage`);

  await page.getByRole('link', { name: '王工' }).click();
  const factor = page.getByRole('region', { name: '双重验证' });
  await factor.getByLabel('现在的密码').fill(password);
  await factor.getByRole('button', { name: '开启' }).click();
  await factor.getByRole('img', { name: '二维码' }).waitFor();
  await expectSound(page);
  const secret = ((await factor.locator('code').textContent()) ?? '').replaceAll(' ', '');
  const totp = new TOTP({ secret: Secret.fromBase32(secret) });
  await factor.getByLabel('验证器上的六位数字').fill(totp.generate());
  await factor.getByRole('button', { name: '确认' }).click();
  await factor.getByText('已开启').waitFor();

  const tokens = page.getByRole('region', { name: '接口令牌' });
  await tokens.getByLabel('用途').fill('看板');
  await tokens.getByLabel('现在的密码').fill(password);
  await tokens.getByRole('button', { name: '生成令牌' }).click();
  const token = (await tokens.locator('code').textContent()) ?? '';
  const answer = await fetch(`${address}/api/canteens`, { headers: { authorization: `Bearer ${token}` } });
  expect(answer.status).toBe(200);
  await expectSound(page);

  const change = page.getByRole('region', { name: '修改密码' });
  const next = 'another long password';
  await change.getByLabel('现在的密码').fill(password);
  await change.getByLabel('新密码').fill(next);
  await change.getByLabel('再输入一遍密码').fill(next);
  await change.getByRole('button', { name: '修改密码' }).click();
  await change.getByText('全部令牌均已失效').waitFor();
  await tokens.getByText('还没有令牌').waitFor();

  await page.getByRole('button', { name: '退出' }).click();
  await page.waitForURL(`${address}/sign-in`);
  await signIn(next);
  await page.getByLabel('验证器上的六位数字').waitFor();
  await expectSound(page);
  // The code that turned it on is used up; the next one is right already.
  await page.getByLabel('验证器上的六位数字').fill(totp.generate({ timestamp: Date.now() + 30_000 }));
  await page.getByRole('button', { name: '登录' }).click();
  await page.waitForURL(`${address}/board`);
  await page.getByRole('button', { name: 'English' }).click();
  await page.goto(`${address}/account`);
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
  await expectSound(page);
  expect(errors).toEqual([]);
});

it('a one-time link that can be used no longer leads on to where one signs in', async () => {
  const { firstLink = '', address } = await start();
  const [first, second] = [await openBrowser(), await openBrowser()];
  const accept = async (page: Page) => {
    await page.getByLabel('密码', { exact: true }).fill(password);
    await page.getByLabel('再输入一遍密码').fill(password);
    await page.getByRole('button').filter({ hasText: '设置密码' }).click();
  };
  for (const { page } of [first, second]) {
    await page.goto(firstLink);
    await page.getByLabel('姓名').fill('站长');
  }
  await accept(first.page);
  await first.page.waitForURL(`${address}/board`);
  await accept(second.page);
  await second.page.getByRole('alert').getByText('链接已用过').waitFor();
  expect(await second.page.getByRole('button').filter({ hasText: '设置密码' }).count()).toBe(0);

  await second.page.goto('about:blank');
  await second.page.goto(firstLink);
  await second.page.getByRole('alert').getByText('链接已用过').waitFor();
  await expectSound(second.page);
  await second.page.getByRole('link', { name: '登录' }).click();
  await second.page.waitForURL(`${address}/sign-in`);
});

it('a canteen somebody looks after is told by its name where it has one', async () => {
  const { firstLink = '', address } = await start();
  const administrator = await firstAdministrator(firstLink);
  await invited(administrator, {
    address,
    name: '王工',
    grants: [{ role: 'operator', scope: { kind: 'canteens', canteens: ['qiaodong', 'xishan'] } }],
  });
  const { context, page } = await openBrowser();
  await context.addCookies([administrator.browserCookie]);
  await page.goto(`${address}/people`);
  await page.getByText('食堂：桥东、xishan').waitFor();
  await expectSound(page);
});

it('one’s own account says so where it cannot be read', async () => {
  const { firstLink = '', address } = await start();
  const administrator = await firstAdministrator(firstLink);
  const { context, page, errors } = await openBrowser();
  await context.addCookies([administrator.browserCookie]);
  await page.route('**/api/me', (route) => route.abort());
  await page.goto(`${address}/account`);
  await page.getByRole('alert').getByText('连不上服务器').waitFor();
  expect(await page.getByText('正在读取').count()).toBe(0);
  await expectSound(page);
  expect(errors).toEqual([]);
});

it('the pages for signing in and one’s own account are light', async () => {
  expect(await scriptBytes(pages.dist, 'sign-in.html')).toBeLessThanOrEqual(40 * 1024);
  expect(await scriptBytes(pages.dist, 'account.html')).toBeLessThanOrEqual(50 * 1024);
});
