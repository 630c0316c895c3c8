// The command that starts the server; the only file that builds its parts and knows the real clock.
import { mkdirSync } from 'node:fs';
import { hostname } from 'node:os';
import { setTimeout as delay } from 'node:timers/promises';
import { type Logger, pino } from 'pino';
import { keepNewFilesPrivate, keepPrivate } from '#config/keep-private.ts';
import { listenForMetrics } from '#config/metrics-listener.ts';
import { SettingsError } from '#config/settings.ts';
import packageJson from '../package.json' with { type: 'json' };
import { buildApp } from './app.ts';
import { type Broker, createBroker, type EmbeddedBroker, type Publish, type Session, type UpMessage } from './broker.ts';
import { createOutsideBroker, type OutsideBroker } from './broker-outside.ts';
import { openCanteens } from './canteens.ts';
import { createCatchUp } from './catch-up.ts';
import { readArguments, usage } from './command-line.ts';
import type { Settings } from './config.ts';
import { ServerError } from './errors.ts';
import { createHousekeeping } from './housekeeping.ts';
import { listenHttps } from './https-listener.ts';
import { type Audit, tellAudit } from './identity/audit.ts';
import { keepAnchor } from './identity/audit-anchor.ts';
import { openAuthority } from './identity/authority.ts';
import { openEnrolment } from './identity/enrolment.ts';
import { createGuessLimit } from './identity/guess-limit.ts';
import { createIdentity } from './identity/identity.ts';
import { linkPath } from './identity/people.ts';
import { createRenewal } from './identity/renewal.ts';
import { openRevocationList } from './identity/revocation-list.ts';
import { createRounds } from './identity/rounds.ts';
import { filesTls, ownTls } from './identity/server-tls.ts';
import { createIngest } from './ingest.ts';
import { createLive } from './live.ts';
import { createMetrics } from './metrics.ts';
import { openDatabase } from './stores/database.ts';
import { createDatabaseClock } from './stores/database-clock.ts';
import { enrolmentStore } from './stores/enrolment-store.ts';
import { type EvidenceStore, openEvidenceStore } from './stores/evidence-store.ts';
import { lockFolder } from './stores/folder-lock.ts';
import { lastClosed } from './stores/gap-dates.ts';
import { identityStores } from './stores/identity-stores.ts';
import { openLine } from './stores/postgres-line.ts';
import { stateStore } from './stores/state-store.ts';
import { createSweep } from './sweep.ts';
import { openTelemetry } from './telemetry.ts';
import { serverNames } from './tls-settings.ts';

const stopWithinMs = 10_000;
const secretNames = ['password', 'key', 'keySha256', 'token', 'secret', 'cookie', 'authorization'];
const secretPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
/** Longer than any pause of a server that is only busy, shorter than a gateway may be silent. */
const awayMs = 20_000;

const now = Date.now;
const sleep = async (ms: number, signal: AbortSignal) => delay(ms, undefined, { signal });

if (import.meta.main) await main();

async function main(): Promise<void> {
  keepNewFilesPrivate();
  if (process.argv.includes('--help')) return console.log(usage);
  try {
    const { settings, command } = readArguments(process.argv.slice(2), { say: console.log, now });
    if (command !== undefined) return await command(settings);
    const log = createLog(settings.log.level);
    const server = await startServer(settings, log);
    stopOnSignal(server, log);
    // Printed, not logged: a log is kept for longer than the link counts, and elsewhere.
    if (server.firstLink !== undefined)
      console.log(`There is no administrator yet. Who opens this becomes the first; it works once, for an hour: ${server.firstLink}`);
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof ServerError)) throw error;
    console.error(error.message);
    process.exitCode = error instanceof SettingsError ? 2 : 1;
  }
}

/** A second signal, or too long a farewell, ends the process at once. */
function stopOnSignal(server: RunningServer, log: Logger): void {
  let stopping = false;
  const giveUp = (err: Error) => {
    log.error({ err }, 'the server could not be stopped in order; what was acknowledged is stored');
    process.exit(1);
  };
  for (const signal of ['SIGINT', 'SIGTERM'] as const)
    process.on(signal, () => {
      if (stopping) process.exit(1);
      stopping = true;
      setTimeout(() => giveUp(new Error(`it took longer than ${stopWithinMs} ms`)), stopWithinMs).unref();
      server.stop().then(() => process.exit(0), giveUp);
    });
}

function createLog(level: Settings['log']['level']): Logger {
  return pino({ level, redact: { paths: secretPaths, censor: '(not logged)' } });
}

export interface RunningServer {
  /** Where pages and interface are: http://host:port */
  address: string;
  /** Where gateways report: mqtt://host:port */
  mqtt: string;
  /** The same over TLS, where the settings say so: https://host:port and mqtts://host:port */
  secure: { address: string | undefined; mqtt: string | undefined };
  /** Where somebody becomes the first administrator, once; undefined where there is one. */
  firstLink: string | undefined;
  /** Finishes, acknowledges and closes, in reverse order of opening. */
  stop(): Promise<void>;
}

/** Starts everything or, rejecting with a ServerError or SettingsError, nothing. */
export async function startServer(settings: Settings, log: Logger): Promise<RunningServer> {
  const { listen, mqtt, dataDir, state, standard, pages, sweepSeconds, keep, metrics, canteens: known } = settings;
  const opened: (() => Promise<unknown>)[] = [];
  const closeAll = async () => {
    for (const close of opened.toReversed()) await close();
  };
  const live = createLive();
  const { registry, meters, show } = createMetrics(packageJson.version);
  let broker: (Broker & Partial<Pick<EmbeddedBroker, 'end' | 'secureAddress'> & Pick<OutsideBroker, 'able'>>) | undefined;
  const publish: Publish = async (...message) => broker?.publish(...message);

  try {
    makeFolder(dataDir);
    keepPrivate(dataDir);
    const lock = lockFolder(dataDir);
    opened.push(async () => lock.close());
    // Measured numbers in a file of this server's own are not to be had by others.
    const shared = state.url.startsWith('postgres:') && !settings.telemetry.url.startsWith('sqlite:');
    if (state.url.startsWith('sqlite:')) for (const end of ['', '-wal', '-shm']) keepPrivate(state.url.slice('sqlite:'.length) + end);
    const database = await openDatabase(state.url, state.password, shared ? 'shared' : 'alone');
    opened.push(() => database.destroy());
    const others = shared ? { clock: createDatabaseClock(), self: crypto.randomUUID() } : undefined;
    await others?.clock.ask(database);
    const now = others?.clock.now ?? Date.now;
    const store = stateStore(database, others);
    const [tell, anchor] = [tellAudit(log), keepAnchor(dataDir, log)];
    const stores = identityStores(database, (entry, head) => {
      tell(entry, head);
      anchor(entry, head);
    });
    const { audit } = stores;
    const enrolled = enrolmentStore(database, audit.noted);
    const identity = createIdentity({ stores, limits: settings.sessions, now });
    const telemetry = await openTelemetry({ at: settings.telemetry, dataDir, keep, sleep, log, now });
    opened.push(() => telemetry.close());
    const settled = known.map(({ id }) => id);
    const registered = (await enrolled.canteens()).filter(({ id }) => !settled.includes(id));
    const identities = [...known, ...registered].map(({ id, name, district }) => ({ id, name, district }));
    const evidence = await openEvidence(settings.evidence.folder, keep.evidenceMegabytesPerCanteen);
    const awayAfterMs = sweepSeconds * 1000 + awayMs;
    const canteens = await openCanteens({ identities, standard, store, live, publish, awayAfterMs, alone: !shared, log, now });
    const onAble = (able: boolean) => broker?.able?.(able);
    const ingest = createIngest({ canteens, evidence, telemetry, publish, meters, onAble, sleep, log, now });
    const { folder, gatewayDays } = settings.authority;
    const authority = await openAuthority({ folder, now });
    const list = openRevocationList({ folder, authority, log, now });
    const enrolment = await openEnrolment({
      ...{ authority, store: enrolled, canteens, settled, registered, gatewayDays, log, now },
      revokedBefore: list.before.map(({ serial }) => serial),
      guesses: createGuessLimit({ now }),
      onLook: async ({ over, revoked }) => {
        broker?.end?.(over);
        await list.write(revoked);
      },
    });
    const renew = createRenewal({ enrolment, publish, log, now });
    const onMessage = (message: UpMessage) => (message.kind === 'certificate-request' ? renew(message) : ingest.take(message));
    const tls = await ownTls({ authority, names: serverNames(settings.authority.names), log, now });
    const announce = async () => {
      await canteens.announceGaps();
      await ingest.announceAcks();
    };
    const correct = async () => {
      await canteens.correctGaps();
      await ingest.correctAcks();
    };
    const opening =
      mqtt.broker === undefined
        ? await createBroker({
            listen: mqtt.listen,
            accounts: known.flatMap(({ id, keySha256 }) => (keySha256 === undefined ? [] : [{ canteen: id, keySha256 }])),
            onReplaced: (older, newer) =>
              void tellReplaced(audit, { older, newer, at: now() }).catch((err) => log.error({ err }, 'the audit cannot be written')),
            ...(mqtt.tls && { mutualTls: { listen: mqtt.tls, tls, authority: authority.certificate, admit: enrolment.admit } }),
            ...{ onMessage, onRefused: meters.refused, log, now },
          })
        : createOutsideBroker({
            ...mqtt.broker,
            refuses: enrolment.refuses,
            onMessage,
            onRefused: meters.refused,
            onConnect: announce,
            log,
            now,
          });
    broker = opening;
    opened.push(() => opening.close());
    // Before the broker goes, so that what is stored last is still acknowledged.
    opened.push(() => ingest.close());
    await announce();
    const everyMs = sweepSeconds * 1000;
    const catchUp = others && createCatchUp({ canteens, everyMs, onCompared: correct, sleep, log });
    if (catchUp !== undefined) opened.push(() => catchUp.close());
    const line = others && openLine({ ...state, self: others.self, onChange: (changed) => catchUp?.hear(changed), sleep, log });
    if (line !== undefined) opened.push(() => line.close());
    const sweep = createSweep({ canteens, hearing: opening.hearing, line, everyMs, onRound: meters.swept, sleep, log });
    opened.push(() => sweep.close());
    // The sweep takes the lead in its first round.
    const firstAfterMs = line === undefined ? 0 : 2 * everyMs;
    const housekeeping = createHousekeeping({ ...{ store, evidence, telemetry, keep, line, firstAfterMs }, sleep, log, now });
    opened.push(() => housekeeping.close());
    const secure: RunningServer['secure'] = { address: undefined, mqtt: broker.secureAddress };
    const app = await buildApp({
      ...{ canteens, store, evidence, telemetry, standard, live, identity, pages, meters, log, now },
      ...(listen.requestsPerMinute !== undefined && { requestsPerMinute: listen.requestsPerMinute }),
      behindProxy: listen.behindProxy === true,
      gateways: { enrolment, authority, reached: () => reachedAt(settings, secure) },
      lastClosed: () => lastClosed(database),
      version: packageJson.version,
      load: () => ({ waiting: ingest.waiting(), gateways: opening.connections(), hearing: opening.hearing() }),
    });
    opened.push(() => app.close());
    show({
      ...{ gateways: opening.connections, hearing: opening.hearing, storing: canteens.storing, telemetry: telemetry.health },
      ...{ waiting: ingest.waiting, waitingBytes: ingest.waitingBytes, canteens: () => canteens.all(now()) },
    });
    if (metrics !== undefined) {
      const listener = await listenForMetrics(metrics.listen, registry);
      opened.push(() => listener.close());
      log.info({ address: listener.address }, 'metrics can be read');
    }
    const address = await app.listen({ host: listen.host, port: listen.port }).catch((cause: Error) => {
      throw new ServerError(
        'address-taken',
        `HTTP cannot listen at ${listen.host}:${listen.port} (${cause.message}); choose another with --port`,
        {
          cause,
        },
      );
    });
    const httpsTls = listen.tls?.files === undefined ? tls : filesTls({ ...listen.tls.files, log });
    const https = listen.tls && (await listenHttps(app, { ...listen.tls, tls: httpsTls }));
    if (https !== undefined) opened.push(() => https.close());
    const rounds = createRounds({ enrolment, shown: [...new Set([tls, httpsTls])], sleep, now });
    opened.push(() => rounds.close());
    secure.address = https?.address;
    const secret = await identity.firstLink.offer();
    const running = { address, mqtt: opening.address, secure };
    const about = { canteens: canteens.ids().length, authority: authority.fingerprint, administrator: secret === undefined };
    log.info({ ...running, ...about }, 'listening');
    return {
      ...running,
      firstLink: secret && address + linkPath(secret),
      stop: async () => {
        log.info('stopping');
        await closeAll();
        log.info('stopped');
      },
    };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

function tellReplaced(audit: Audit, { older, newer, at }: { older: Session; newer: Session; at: number }): Promise<void> {
  const detail = { replaced: older.from };
  const { canteen, from } = newer;
  return audit.record({ at, who: `gateway of ${canteen}`, action: 'session-replaced', subject: canteen, from, detail });
}

/** What a gateway is told to reach this server by, as far as the settings tell. */
function reachedAt({ listen, authority: { names } }: Settings, { address, mqtt }: RunningServer['secure']) {
  const [name = hostname()] = names;
  const atProxy = listen.behindProxy === true ? `https://${name}` : null;
  const portOf = (url: string) => Number(new URL(url).port || 443); // where it is the usual one, a URL leaves it out
  return {
    serverUrl: address === undefined ? atProxy : `https://${name}:${portOf(address)}`,
    mqttPort: mqtt === undefined ? null : portOf(mqtt),
  };
}

async function openEvidence(folder: string, megabytes: number): Promise<EvidenceStore> {
  try {
    return await openEvidenceStore({ folder, bytesMax: megabytes * 1_000_000 });
  } catch (cause) {
    throw new ServerError('store-unusable', `the folder ${folder} cannot be used: ${cause instanceof Error ? cause.message : cause}`, {
      cause,
    });
  }
}

function makeFolder(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true });
  } catch (cause) {
    throw new SettingsError(`dataDir: the folder ${folder} cannot be made (${(cause as NodeJS.ErrnoException).code})`, { cause });
  }
}
