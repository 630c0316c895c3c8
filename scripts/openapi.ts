// Prints the description of the server's interface (OpenAPI), as the routes' own schemas give it.
import { join } from 'node:path';
import { pino } from 'pino';
import { readSettings } from '#config/settings.ts';
import { Standard } from '#contract/standard.ts';
import packageJson from '../package.json' with { type: 'json' };
import { buildApp } from '../server/app.ts';
import { openCanteens } from '../server/canteens.ts';
import { createLive } from '../server/live.ts';
import { openStateStore } from '../server/stores/state-store.ts';

const root = join(import.meta.dirname, '..');
const now = Date.now;
const log = pino({ level: 'silent' });
const live = createLive();
const standard = readSettings(join(root, 'config/standards/taiyuan-community-2022.yaml'), Standard);
const store = await openStateStore('sqlite::memory:');
const canteens = await openCanteens({
  identities: [],
  standard,
  store,
  live,
  publish: async () => undefined,
  awayAfterMs: Number.POSITIVE_INFINITY,
  log,
  now,
});
const app = await buildApp({
  ...{ canteens, store, standard, live, log, now },
  evidence: { find: async () => undefined },
  telemetry: { series: async () => [], health: () => ({ waiting: 0, dropped: 0, trouble: undefined }) },
  pages: join(root, 'dashboards/dist'),
  version: packageJson.version,
  load: () => ({ waiting: 0, gateways: 0 }),
});
await app.ready();
console.log(JSON.stringify(app.swagger(), null, 2));
await app.close();
await store.close();
