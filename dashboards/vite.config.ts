// Builds the pages into dist: hashed files only, nothing inline, so that `default-src 'self'` may be the whole security policy.
import { readFileSync } from 'node:fs';
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig, type Plugin } from 'vite';

/** Each is started by a `…-main.ts`, out of one and the same document. */
const pages = ['board', 'canteen', 'gateways', 'sign-in', 'welcome', 'account', 'people'];
const documents = new Map(pages.map((page) => [`${import.meta.dirname}/${page}.html`, page]));

const oneDocument: Plugin = {
  name: 'one-document',
  enforce: 'pre',
  resolveId: (id) => (documents.has(id) ? id : null),
  load: (id) => {
    const page = documents.get(id);
    return page === undefined ? null : readFileSync(`${import.meta.dirname}/page.html`, 'utf8').replace('%page%', page);
  },
};

export default defineConfig({
  root: import.meta.dirname,
  // No folder is copied as it is: `public/` is the name of a page's folder here.
  publicDir: false,
  plugins: [oneDocument, svelte({ compilerOptions: { runes: true } })],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // A data: address would need a wider security policy.
    assetsInlineLimit: 0,
    rollupOptions: { input: [...documents.keys()] },
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
});
