// The one connection to the server, over MQTT: presence, heartbeat, the outbox upwards, acknowledgements and commands downwards.
import { randomUUID } from 'node:crypto';
import { validator } from '#config/validate.ts';
import { AckMessage, envelope, GapsMessage, StoredMessage } from '#contract/envelope.ts';
import type { Heartbeat } from '#contract/gateway-health.ts';
import { downTopics, evidenceTopic, parseTopic, topic } from '#contract/topics.ts';
import type { Sleep } from './clock.ts';
import { GatewayError } from './errors.ts';
import type { Evidence } from './evidence.ts';
import type { OwnIdentity } from './identity/own-identity.ts';
import { parseJson } from './json.ts';
import type { Log } from './log.ts';
import { type Outbox, sourceOf } from './outbox.ts';
import { backOffMs } from './uplink/back-off.ts';
import { createDrain, type Drain } from './uplink/drain.ts';
import { type Credentials, connect } from './uplink/link.ts';
import { createPictureDrain, type PictureDrain } from './uplink/pictures.ts';

export interface Uplink {
  /** Connects, and connects again, until `signal` fires; then says goodbye. Never rejects. */
  run(signal: AbortSignal): Promise<void>;
  /** Something was put into the outbox, or kept as evidence. */
  wake(): void;
}

export interface UplinkDeps {
  /** mqtt://host:port or mqtts://host:port. */
  url: string;
  canteen: string;
  /** Asked for every connection; throws GatewayError where there are none that count. */
  credentials(): Credentials;
  /** None where it connects with a key. */
  identity: Pick<OwnIdentity, 'keepRenewed' | 'receive'> | undefined;
  /** One per start of the gateway. */
  session: string;
  version: string;
  heartbeatEveryMs: number;
  outbox: Outbox;
  evidence: Pick<Evidence, 'next' | 'forget'>;
  heartbeat(): Heartbeat;
  /** The server goes on acknowledging no further than `sequence`, whatever is sent. */
  stuck(sequence: number): void;
  /** Bytes from the `commands` topic. Must not reject. */
  command(payload: Uint8Array): Promise<void>;
  /** Told when a connection holds, and when it no longer does. */
  onConnection?(holds: boolean): void;
  now: () => number;
  sleep: Sleep;
  /** From 0 to 1: spreads reconnecting, so that all gateways do not come back in one instant. */
  random: () => number;
  log: Log;
}

/** A connection that held so long counts as sound: the next loss starts the back-off anew. */
const soundAfterMs = 30_000;
const firstHeartbeatAfterMs = 1000;
const farewellMs = 2000;

export function createUplink(deps: UplinkDeps): Uplink {
  const { now, sleep, log } = deps;
  let drains: Drains | undefined;
  let trouble: string | undefined;

  /** Resolves or rejects, saying why, when the connection has ended. */
  const connection = async (signal: AbortSignal): Promise<'renewed' | undefined> => {
    const { url, canteen, identity } = deps;
    const credentials = deps.credentials();
    const renewed = new AbortController();
    const presence = presenceSince(deps, new Date(now()).toISOString());
    const will = { topic: topic(canteen, 'status'), message: presence(false) };
    const onMessage = (name: string, payload: Uint8Array) => receive(deps, drains, name, payload);
    const link = await connect({ url, canteen, credentials, will, onMessage }, AbortSignal.any([signal, renewed.signal]));
    const publish: Publish = (kind, message) => link.publish(topic(canteen, kind), message, { retain: kind === 'status' });
    const sendHeartbeats = async (ended: AbortSignal) => {
      await sleep(firstHeartbeatAfterMs, ended);
      while (!ended.aborted) {
        // Said again: the last will of a connection that died before this one may have come after our first word.
        await publish('status', presence(true));
        await publish('heartbeat', message(deps, 'cn.mingzao.heartbeat.v1', deps.heartbeat()));
        await sleep(deps.heartbeatEveryMs, ended);
      }
    };
    const drain = createDrain({ ...deps, send: (events) => publish('events', events) });
    const pictures = createPictureDrain({
      ...deps,
      send: ({ sha256, jpeg }) => link.publishBytes(evidenceTopic(canteen, sha256), jpeg),
      lineFree: drain.lineFree,
    });
    const keepRenewed = async () =>
      identity?.keepRenewed({
        send: (message) => publish('certificate-request', message),
        renewed: () => renewed.abort(),
        ended: link.ended,
      });
    drains = { events: drain, pictures };
    try {
      await publish('status', presence(true));
      await link.subscribe(downTopics.map((kind) => topic(canteen, kind)));
      log.info({ server: deps.url }, 'connected to the server');
      deps.onConnection?.(true);
      trouble = undefined;
      await Promise.all([drain.run(link.ended), pictures.run(link.ended), sendHeartbeats(link.ended), keepRenewed()]);
      if (renewed.signal.aborted) return 'renewed';
      if (!signal.aborted) throw link.ended.reason;
      await Promise.race([publish('status', presence(false)), sleep(farewellMs)]);
      return undefined;
    } finally {
      deps.onConnection?.(false);
      await link.close();
    }
  };

  const tell = (error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    // What only a person can put right weighs more than a line that is down.
    const level = error instanceof GatewayError ? 'error' : 'warn';
    if (reason !== trouble) log[level]({ reason, server: deps.url }, 'no connection to the server; repeats are not logged');
    trouble = reason;
  };

  return {
    wake() {
      drains?.events.wake();
      drains?.pictures.wake();
    },
    async run(signal) {
      for (let attempt = 0; !signal.aborted; attempt += 1) {
        const startedAt = now();
        const end = await connection(signal).catch(tell);
        if (end === 'renewed') continue; // and comes back with its new certificate at once
        if (now() - startedAt >= soundAfterMs) attempt = 0;
        await sleep(backOffMs(attempt, deps.random()), signal);
      }
    },
  };
}

interface Drains {
  events: Drain;
  pictures: PictureDrain;
}

const checkAck = validator(AckMessage);
const checkStored = validator(StoredMessage);
const checkGaps = validator(GapsMessage);

function receive(deps: UplinkDeps, drains: Drains | undefined, name: string, payload: Uint8Array): void {
  const kind = parseTopic(name)?.kind;
  if (kind === 'commands') void deps.command(payload);
  if (kind === 'ack') receiveAck(deps, drains?.events, payload);
  if (kind === 'stored') receiveStored(deps, drains?.pictures, payload);
  if (kind === 'gaps') tellGaps(deps.log, payload);
  if (kind === 'certificate') deps.identity?.receive(payload);
}

function receiveAck({ outbox, log }: UplinkDeps, drain: Drain | undefined, payload: Uint8Array): void {
  const checked = checkAck(parseJson(payload));
  if (!checked.ok) log.warn({ problem: checked.problem }, 'a malformed acknowledgement was ignored');
  if (!checked.ok || checked.value.data.epoch !== outbox.epoch) return;
  const { sequence } = checked.value.data;
  try {
    outbox.acknowledge(sequence);
  } catch (err) {
    // A full disk: whatever is still there is sent again and acknowledged again.
    log.error({ err, sequence }, 'an acknowledgement could not be written down');
    return;
  }
  drain?.acknowledged(sequence);
}

function receiveStored({ evidence, log }: UplinkDeps, drain: PictureDrain | undefined, payload: Uint8Array): void {
  const checked = checkStored(parseJson(payload));
  if (!checked.ok) {
    log.warn({ problem: checked.problem }, 'a malformed answer about pictures was ignored');
    return;
  }
  const { pictures } = checked.value.data;
  try {
    evidence.forget(pictures);
  } catch (err) {
    log.error({ err, pictures }, 'pictures the server has could not be forgotten; they are sent again');
    return;
  }
  drain?.stored(pictures);
}

function tellGaps(log: Log, payload: Uint8Array): void {
  const checked = checkGaps(parseJson(payload));
  if (!checked.ok) log.warn({ problem: checked.problem }, 'a malformed list of gaps was ignored');
  else
    log.info(
      { open: checked.value.data.gaps.map(({ rule, device, zone }) => ({ rule, device, zone })) },
      'open gaps, as the server sees them',
    );
}

type Publish = (kind: 'status' | 'events' | 'heartbeat' | 'certificate-request', message: object) => Promise<void>;

/** One connection says the same `since` all its life, so that its last will is known to be its own. */
function presenceSince(deps: UplinkDeps, since: string) {
  const { session, version } = deps;
  return (online: boolean) => message(deps, 'cn.mingzao.status.v1', { schemaVersion: 1 as const, online, session, since, version });
}

function message<Name extends string, Data>({ canteen, now }: UplinkDeps, type: Name, data: Data) {
  return envelope(type, { id: randomUUID(), source: sourceOf(canteen), time: new Date(now()).toISOString(), data });
}
