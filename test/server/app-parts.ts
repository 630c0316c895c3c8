// Puts the server's parts together for a test: real store, real judging, a clock that the test moves, and every publication noted down.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { onTestFinished } from 'vitest';
import { readSettings } from '#config/settings.ts';
import { Standard } from '#contract/standard.ts';
import { type Canteens, openCanteens } from '../../server/canteens.ts';
import type { CanteenIdentity } from '../../server/compliance/assess.ts';
import { openAuthority } from '../../server/identity/authority.ts';
import { openEnrolment } from '../../server/identity/enrolment.ts';
import { createGuessLimit } from '../../server/identity/guess-limit.ts';
import { createIdentity } from '../../server/identity/identity.ts';
import { createIngest } from '../../server/ingest.ts';
import { createLive } from '../../server/live.ts';
import type { GatewayDeps } from '../../server/routes/gateways.ts';
import { openDatabase } from '../../server/stores/database.ts';
import { enrolmentStore } from '../../server/stores/enrolment-store.ts';
import { openEvidenceStore } from '../../server/stores/evidence-store.ts';
import { lastClosed } from '../../server/stores/gap-dates.ts';
import { type IdentityStores, identityStores } from '../../server/stores/identity-stores.ts';
import { type StateStore, stateStore } from '../../server/stores/state-store.ts';
import { openTelemetry } from '../../server/telemetry.ts';
import { started } from './ingest-messages.ts';

export const standard = readSettings(join(import.meta.dirname, '../../config/standards/taiyuan-community-2022.yaml'), Standard);
export const silent = pino({ level: 'silent' });

export const identities = [
  { id: 'qiaodong', name: '桥东社区食堂', district: '迎泽区' },
  { id: 'heping', name: '和平社区食堂', district: '万柏林区' },
];

interface Parts {
  url?: string;
  /** A store that is open already, and used by other servers too. */
  shared?: StateStore;
  /** Instead of one of its own, beginning at `at`. */
  clock?: { now: number };
  store?: (real: StateStore) => StateStore;
  at?: number;
  awayAfterMs?: number;
  identities?: CanteenIdentity[];
  standard?: Standard;
  evidenceBytesMax?: number;
  onAble?: (able: boolean) => void;
}

export async function openParts(about: Parts = {}) {
  const { url = 'sqlite::memory:', store: wrap = (real: StateStore) => real, at = started, evidenceBytesMax = 1_000_000 } = about;
  const { awayAfterMs = Number.POSITIVE_INFINITY, identities: known = identities, standard: judgedBy = standard } = about;
  const { shared, clock = { now: at }, onAble = () => undefined } = about;
  const now = () => clock.now;
  const published: { topic: string; message: object }[] = [];
  const publish = async (topic: string, message: object) => void published.push({ topic, message });
  const live = createLive();
  const database = await openDatabase(url, undefined);
  const store = wrap(shared ?? stateStore(database));
  const alone = shared === undefined;
  const stores = identityStores(database, () => undefined);
  // Tests move the clock by months; what a password hash costs is nothing to them.
  const limits = { idleHours: 100_000, longestDays: 100_000 };
  const identity = createIdentity({ stores, limits, hashCost: { memoryCost: 64, timeCost: 1 }, now });
  const canteens = await openCanteens({
    identities: known,
    standard: judgedBy,
    store,
    live,
    publish,
    awayAfterMs,
    alone,
    log: silent,
    now,
  });
  const folder = mkdtempSync(join(tmpdir(), 'mingzao-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const evidence = await openEvidenceStore({ folder, bytesMax: evidenceBytesMax });
  const keep = { telemetryRawDays: 14, telemetryHourlyDays: 400 };
  const inMemory = { url: 'sqlite::memory:', queuePointsMax: 1000 };
  const telemetry = await openTelemetry({ at: inMemory, dataDir: folder, keep, sleep: untilStopped, log: silent, now });
  onTestFinished(() => telemetry.close());
  const ingest = createIngest({ canteens, evidence, telemetry, publish, onAble, sleep: nextTurn, log: silent, now });
  const gateways = await openGateways({
    ...{ folder: join(folder, 'authority'), database, canteens, settled: known.map(({ id }) => id), audit: stores.audit, now },
  });
  const closedAt = () => lastClosed(database);
  return {
    ...{ clock, now, published, publish, live, store, database, identity, evidence, telemetry, canteens, ingest, gateways },
    lastClosed: closedAt,
  };
}

async function openGateways(about: {
  folder: string;
  database: Awaited<ReturnType<typeof openDatabase>>;
  canteens: Canteens;
  settled: string[];
  audit: IdentityStores['audit'];
  now: () => number;
}): Promise<GatewayDeps> {
  const { folder, database, canteens, settled, audit, now } = about;
  const authority = await openAuthority({ folder, now });
  const enrolment = await openEnrolment({
    ...{ authority, store: enrolmentStore(database, audit.noted), canteens, settled, registered: [], gatewayDays: 90, log: silent, now },
    ...{ revokedBefore: [], guesses: createGuessLimit({ now }), onLook: async () => undefined },
  });
  return { enrolment, authority, reached: () => ({ serverUrl: 'https://mingzao.example:8443', mqttPort: 8883 }) };
}

/** Sequences acknowledged to `canteen`, in order. */
export function acks(published: { topic: string; message: object }[], canteen = 'qiaodong'): string[] {
  return published
    .filter(({ topic }) => topic === `mz/v1/${canteen}/ack`)
    .map(({ message }) => {
      const { data } = message as { data: { epoch: string; sequence: number } };
      return `${data.epoch}:${data.sequence}`;
    });
}

/** Waiting costs no time in a test. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** What is done every now and then is not done at all. */
function untilStopped(_: number, stop: AbortSignal): Promise<void> {
  return new Promise((resolve) => stop.addEventListener('abort', () => resolve(), { once: true }));
}
