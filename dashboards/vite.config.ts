// Builds the pages into dist: hashed files only, nothing inline, so that `default-src 'self'` may be the whole security policy.
import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

const pages = ['index', 'canteen', 'gateways', 'sign-in', 'welcome', 'account', 'people'];

export default defineConfig({
  root: import.meta.dirname,
  // No folder is copied as it is: `public/` is the name of a page's folder here.
  publicDir: false,
  plugins: [svelte({ compilerOptions: { runes: true } })],
  build: {
    outDir: 'dist',
    emptyOutDir: true,
    // A data: address would need a wider security policy.
    assetsInlineLimit: 0,
    rollupOptions: { input: pages.map((page) => `${import.meta.dirname}/${page}.html`) },
    modulePreload: { polyfill: false },
    target: 'es2023',
  },
});
