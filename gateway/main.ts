// The gateway's command line, and the only file that builds its parts and knows the real clock.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { densityLevels } from '#config/density-ladders.ts';
import { keepNewFilesPrivate, keepPrivate } from '#config/keep-private.ts';
import { listenForMetrics, type MetricsListener } from '#config/metrics-listener.ts';
import { SettingsError } from '#config/settings.ts';
import type { Fact } from '#contract/facts.ts';
import packageJson from '../package.json' with { type: 'json' };
import { now, sleep } from './clock.ts';
import { type CommandIo, wrongWords } from './command-io.ts';
import { loadSettings, type Settings } from './config.ts';
import { usage as coverageUsage, runCoverage } from './coverage.ts';
import { type ConfiguredDevice, createDevices } from './devices.ts';
import { usage as discoverUsage, runDiscover } from './discover.ts';
import { usage as enrolUsage, runEnrol } from './enrol.ts';
import { GatewayError } from './errors.ts';
import { createEvidence } from './evidence.ts';
import { identityFile } from './identity/identity-file.ts';
import { createOwnIdentity } from './identity/own-identity.ts';
import { usage as inspectUsage, runInspect } from './inspect.ts';
import { layoutOf } from './layout.ts';
import { createLedgerOf } from './ledger.ts';
import { createLiveCoverage } from './live-coverage.ts';
import { createLog, type Log } from './log.ts';
import { createMetrics } from './metrics.ts';
import { hostAndPort, parseDeviceAddress } from './onvif/address.ts';
import { findDevices } from './onvif/find-devices.ts';
import { createOutbox, type Entry } from './outbox.ts';
import { createOwnRecording, type OwnRecording, type OwnRecordingDeps } from './own-recording.ts';
import { sweepScratchFolders } from './probes/scratch-folder.ts';
import { usage as referenceUsage, runReference } from './reference.ts';
import { createRegistry } from './registry.ts';
import { createRelocation } from './relocate.ts';
import { createSupervisor } from './supervise.ts';
import { createCommands } from './uplink/commands.ts';
import { createUplink, type UplinkDeps } from './uplink.ts';

const runUsage = 'usage: run --config FILE';
const usage = [runUsage, enrolUsage, discoverUsage, inspectUsage, coverageUsage, referenceUsage].join('\n');
/** Exit codes: all went well; something was in the way; the command or the settings are wrong. */
const exitCodes = { done: 0, failed: 1, misused: 2 };
const stopWithinMs = 10_000;
const layoutAgainMs = 10_000;
const nowhere = { multicast: false, scan: [] };

if (import.meta.main) process.exitCode = await main(process.argv.slice(2));

async function main([command, ...args]: string[]): Promise<number> {
  keepNewFilesPrivate();
  const io: CommandIo = { stdout: console.log, stderr: console.error, signal: stopSignal(), now };
  try {
    if ([command, ...args].includes('--help')) {
      io.stdout(usage);
      return exitCodes.done;
    }
    if (command === 'enrol') return await runEnrol(args, io);
    if (command === 'discover') return await runDiscover(args, io);
    if (command === 'inspect') return await runInspect(args, io);
    if (command === 'coverage') return await runCoverage(args, io);
    if (command === 'reference') return await runReference(args, io);
    if (command !== 'run')
      throw new SettingsError(`${command === undefined ? 'a command is missing' : `"${command}" is no command`}\n${usage}`);
    const settings = loadSettings(configFile(args));
    keepPrivate(settings.dataDir);
    await runGateway(settings, { signal: io.signal, log: createLog(settings.log.level) });
    return exitCodes.done;
  } catch (error) {
    if (!(error instanceof SettingsError || error instanceof GatewayError)) throw error;
    io.stderr(error.message);
    return error instanceof SettingsError ? exitCodes.misused : exitCodes.failed;
  }
}

/** Fires at SIGINT or SIGTERM. A second one, or too long a farewell, ends the process at once. */
function stopSignal(): AbortSignal {
  const stop = new AbortController();
  for (const name of ['SIGINT', 'SIGTERM'] as const)
    process.on(name, () => {
      if (stop.signal.aborted) process.exit(exitCodes.failed);
      setTimeout(() => process.exit(exitCodes.failed), stopWithinMs).unref();
      stop.abort();
    });
  return stop.signal;
}

function configFile(args: string[]): string {
  try {
    const { config } = parseArgs({ args, options: { config: { type: 'string' } } }).values;
    if (config !== undefined) return config;
  } catch (cause) {
    throw new SettingsError(`run: ${wrongWords(cause)}; ${runUsage}`, { cause });
  }
  throw new SettingsError(`run: --config is missing; ${runUsage}`);
}

/** Runs one gateway until `signal` fires, then closes it. Throws GatewayError where its data directory cannot be used. */
export async function runGateway(settings: Settings, { signal, log }: { signal: AbortSignal; log: Log }): Promise<void> {
  const { canteen, dataDir, discovery, intervals } = settings;
  const { maxEvents, maxMegabytes } = settings.outbox;
  const session = randomUUID();
  const startedAt = performance.now();
  const deps = { now, sleep, random: Math.random, log };

  const proof = proofOf(settings, log);
  const configured = [...settings.cameras, ...settings.recorders];
  const registry = createRegistry({ file: join(dataDir, 'devices.json'), configured, log });
  const { ledger, journal } = createLedgerOf(settings, { now, log });
  const outbox = createOutbox({ file: join(dataDir, 'outbox.db'), canteen, maxEvents, maxBytes: maxMegabytes * 1_000_000, now, log });
  const evidence = createEvidence({
    file: join(dataDir, 'evidence.db'),
    maxBytes: settings.evidence.maxMegabytes * 1_000_000,
    now,
    log,
  });
  const measures = createMetrics({ version: packageJson.version, outbox, evidence, now });
  const keepPicture = async (jpeg: Buffer) => {
    const sha256 = await evidence.keep(jpeg);
    uplink.wake();
    return sha256;
  };
  const devices = createDevices(settings, { registry, ledger, keepPicture, now });
  const recording = createRecording(settings, { devices, keepPicture, ledger, journal, log });

  const tell = (...entries: Entry[]) => {
    outbox.append(entries);
    uplink.wake();
  };
  const layout: Entry = { type: 'cn.mingzao.layout.v1', data: layoutOf(settings) };
  /** On a full disk it is told as soon as there is room; everything else goes on meanwhile. */
  const tellLayout = async () => {
    while (!signal.aborted)
      try {
        return tell(layout);
      } catch (error) {
        if (!(error instanceof GatewayError && error.code === 'disk-full')) throw error;
        log.error({ reason: error.message }, 'what is watched here cannot be told yet');
        await sleep(layoutAgainMs, signal);
      }
  };

  const supervisor = createSupervisor({
    ...deps,
    devices: [...devices, ...recording].map(({ watched }) => watched),
    emit(facts) {
      tell(...facts.map(asEntry));
      tell(...(coverage?.due() ?? []).map(asEntry));
      journal.note(facts);
    },
    onLook: measures.meters.looked,
  });
  const coverage = settings.plan && createLiveCoverage({ plan: settings.plan, levels: densityLevels(), facts: supervisor.present, now });
  const present = () => [...supervisor.present(), ...(coverage?.present() ?? [])];
  const relocation = createRelocation({
    ...deps,
    devices,
    registry,
    facts: supervisor.present,
    find: (limit) => findAround(discovery ?? nowhere, limit, log),
    follow(id, address) {
      devices.find((device) => device.id === id)?.moveTo(address);
      registry.moved(id, address);
      supervisor.probeNow(id);
    },
  });

  const command = createCommands({
    ...deps,
    abilities: {
      async 'probe-now'({ device }) {
        if (!supervisor.probeNow(device)) return { status: 'refused', detail: `there is no device "${device}"` };
        return { status: 'done', detail: 'what is seen now comes as facts' };
      },
      async rescan() {
        if (discovery === undefined) return { status: 'refused', detail: 'the settings of this gateway allow no discovery' };
        const { found, moved } = await relocation.search(signal);
        return { status: 'done', detail: `${found} devices answered; found again elsewhere: ${moved.join(', ') || 'none'}` };
      },
    },
    reply: (data) => tell({ type: 'cn.mingzao.reply.v1', data }),
  });

  const uplink = createUplink({
    ...deps,
    ...proof,
    url: settings.server.url,
    canteen,
    session,
    version: packageJson.version,
    heartbeatEveryMs: intervals.heartbeat * 1000,
    outbox,
    evidence,
    command,
    onConnection: measures.meters.connection,
    stuck(sequence) {
      if (outbox.tellForgotten(sequence)) tell(layout, ...present().map(asEntry)); // all of that is new to it
    },
    heartbeat: () => ({
      schemaVersion: 1,
      session,
      at: new Date(now()).toISOString(),
      uptimeSeconds: Math.round((performance.now() - startedAt) / 1000),
      memoryBytes: process.memoryUsage.rss(),
      outbox: outbox.health(),
      evidence: evidence.health(),
      devices: supervisor.health(),
    }),
  });

  let metrics: MetricsListener | undefined;
  try {
    await sweepScratchFolders();
    metrics = settings.metrics && (await listenForMetrics(settings.metrics.listen, measures.registry));
    if (metrics !== undefined) log.info({ address: metrics.address }, 'metrics can be read');
    const laidOut = tellLayout();
    log.info({ canteen, cameras: settings.cameras.length, recorders: settings.recorders.length, session }, 'the gateway has started');
    const goodbye = new AbortController();
    const reporting = uplink.run(goodbye.signal);
    await Promise.all([
      laidOut,
      supervisor.run(signal),
      discovery === undefined ? undefined : relocation.run(signal),
      ...recording.map((own) => own.run(signal)),
    ]);
    goodbye.abort(); // only now: what was seen last is still sent
    await reporting;
  } finally {
    await metrics?.close();
    evidence.close();
    outbox.close();
  }
  log.info({ session }, 'the gateway has stopped');
}

/** What this gateway shows the server: its key, or the certificate it was enrolled with. */
function proofOf({ server: { key }, dataDir, canteen }: Settings, log: Log): Pick<UplinkDeps, 'credentials' | 'identity'> {
  if (key !== undefined) return { credentials: () => ({ kind: 'key', key }), identity: undefined };
  const identity = createOwnIdentity({ file: identityFile(dataDir), canteen, now, sleep, log });
  return { credentials: () => ({ kind: 'certificate', ...identity.current() }), identity };
}

/** None or one. */
function createRecording(
  { recording, dataDir, intervals, retentionDaysAsked }: Settings,
  { devices, ...deps }: { devices: ConfiguredDevice[] } & Pick<OwnRecordingDeps, 'keepPicture' | 'ledger' | 'journal' | 'log'>,
): OwnRecording[] {
  if (recording === undefined) return [];
  const streamOf: OwnRecordingDeps['streamOf'] = async (camera, signal) => {
    const device = devices.find(({ id }) => id === camera);
    assert(device !== undefined); // the settings were checked for it
    return device.stream(signal);
  };
  return [createOwnRecording({ ...deps, settings: recording, dataDir, intervals, daysAsked: retentionDaysAsked, streamOf, now, sleep })];
}

function asEntry(data: Fact): Entry {
  return { type: 'cn.mingzao.fact.v1', data };
}

async function findAround({ multicast, scan }: { multicast: boolean; scan: string[] }, signal: AbortSignal, log: Log) {
  const { devices, problems } = await findDevices({ multicast, scan, signal, now });
  if (problems.length > 0) log.warn({ problems }, 'the network could not be searched in every way');
  return devices.flatMap(({ address }) => {
    const url = parseDeviceAddress(address);
    return url === undefined ? [] : { address, hostAndPort: hostAndPort(url) };
  });
}
