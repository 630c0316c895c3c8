// Prints the description of the server's interface (OpenAPI), as the routes' own schemas give it.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { readSettings } from '#config/settings.ts';
import { Standard } from '#contract/standard.ts';
import packageJson from '../package.json' with { type: 'json' };
import { buildApp } from '../server/app.ts';
import { openCanteens } from '../server/canteens.ts';
import { openAuthority } from '../server/identity/authority.ts';
import { openEnrolment } from '../server/identity/enrolment.ts';
import { createGuessLimit } from '../server/identity/guess-limit.ts';
import { createIdentity } from '../server/identity/identity.ts';
import { createLive } from '../server/live.ts';
import { openDatabase } from '../server/stores/database.ts';
import { enrolmentStore } from '../server/stores/enrolment-store.ts';
import { identityStores } from '../server/stores/identity-stores.ts';
import { stateStore } from '../server/stores/state-store.ts';

const root = join(import.meta.dirname, '..');
const now = Date.now;
const log = pino({ level: 'silent' });
const live = createLive();
const standard = readSettings(join(root, 'config/standards/taiyuan-community-2022.yaml'), Standard);
const database = await openDatabase('sqlite::memory:', undefined);
const store = stateStore(database);
const stores = identityStores(database, () => undefined);
const identity = createIdentity({ stores, limits: { idleHours: 1, longestDays: 1 }, now });
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
const folder = mkdtempSync(join(tmpdir(), 'mingzao-openapi-'));
const authority = await openAuthority({ folder, now });
rmSync(folder, { recursive: true });
const enrolment = await openEnrolment({
  ...{ authority, store: enrolmentStore(database, stores.audit.noted), canteens, settled: [], registered: [], gatewayDays: 90, log, now },
  ...{ revokedBefore: [], guesses: createGuessLimit({ now }), onLook: async () => undefined },
});
const app = await buildApp({
  gateways: { enrolment, authority, reached: () => ({ serverUrl: null, mqttPort: null }) },
  ...{ canteens, store, standard, live, identity, log, now },
  lastClosed: async () => new Map(),
  evidence: { find: async () => undefined },
  telemetry: { series: async () => [], health: () => ({ waiting: 0, dropped: 0, trouble: undefined }) },
  pages: join(root, 'dashboards/dist'),
  version: packageJson.version,
  load: () => ({ waiting: 0, gateways: 0, hearing: true }),
});
await app.ready();
console.log(JSON.stringify(app.swagger(), null, 2));
await app.close();
await database.destroy();
