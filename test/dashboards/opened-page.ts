// A page as built, in a browser and on a server of its own.
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import axe, { type AxeResults } from 'axe-core';
import type { Browser, BrowserContextOptions } from 'playwright-core';
import { build, mergeConfig } from 'vite';
import config from '../../dashboards/vite.config.ts';
import { launchBrowser } from '../browser.ts';
import type { District } from './district.ts';
import { startFixtureServer } from './fixture-server.ts';

export const wide = { viewport: { width: 1440, height: 900 } };
export const phone = { viewport: { width: 360, height: 740 } };

export interface Pages {
  dist: string;
  browser: Browser;
  close(): Promise<void>;
}

/** Builds all pages once, and starts a browser to open them in. */
export async function buildPages(): Promise<Pages> {
  const dist = await mkdtemp(join(tmpdir(), 'mingzao-pages-'));
  await build(mergeConfig(config, { configFile: false, logLevel: 'error', build: { outDir: dist } }));
  const browser = await launchBrowser();
  return {
    dist,
    browser,
    async close() {
      await browser.close();
      await rm(dist, { recursive: true, force: true });
    },
  };
}

/** Ends with the test that opened it. */
export async function openPage(
  { browser, dist }: Pages,
  about: { at: string; path: string; district: District; options?: BrowserContextOptions },
) {
  const { at, path, district, options = wide } = about;
  const server = await startFixtureServer(dist, { at, district });
  const context = await browser.newContext(options);
  const page = await context.newPage();
  const errors: string[] = [];
  page.on('console', (message) => void (message.type() === 'error' && errors.push(message.text())));
  page.on('pageerror', (error) => void errors.push(error.message));
  await page.goto(server.address + path);
  return {
    page,
    server,
    errors,
    focused: () => page.evaluate<string>('document.activeElement.textContent.trim()'),
    /** Every rule axe has, each complaint with the element it is about. */
    async complaints() {
      await page.evaluate(axe.source);
      const { violations } = await page.evaluate<AxeResults>('axe.run(document, { resultTypes: ["violations"] })');
      return violations.map(({ id, nodes }) => `${id}: ${nodes.map(({ html }) => html).join(' | ')}`);
    },
    /** Texts of controls under `selector` that are too small for a finger. */
    small: (selector: string) =>
      page.evaluate<string[]>(`[...document.querySelectorAll('${selector}')]
        .filter((control) => { const { width, height } = control.getBoundingClientRect(); return width < 24 || height < 24; })
        .map((control) => control.outerHTML.slice(0, 200))`),
    async [Symbol.asyncDispose]() {
      await context.close();
      await server.close();
    },
  };
}

/** Bytes of all the script one page loads before it shows anything, compressed. */
export async function scriptBytes(dist: string, page: string): Promise<number> {
  const html = await readFile(join(dist, page), 'utf8');
  const names = [...html.matchAll(/(?:src|href)="\/(assets\/[^"]+\.js)"/g)].flatMap(([, name]) => (name === undefined ? [] : [name]));
  const scripts = await Promise.all(names.map((name) => readFile(join(dist, name))));
  return scripts.reduce((sum, script) => sum + gzipSync(script).length, 0);
}
