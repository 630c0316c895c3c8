// What the server counts and measures of itself, for Prometheus: every name and label is here, and no label grows with canteens or events.
import { createInstruments } from '#config/instruments.ts';
import type { MetricsRegistry } from '#config/metrics-listener.ts';
import type { Gap } from '#contract/gaps.ts';
import { type UpTopic, upTopics } from '#contract/topics.ts';
import type { CanteenSummary } from '#contract/views.ts';
import type { TelemetryHealth } from './telemetry-taker.ts';

/** What the parts of the server tell while they work. */
export interface Meters {
  /** A message came in, of a gateway that may send it. */
  received(kind: UpTopic): void;
  stored(batch: StoredBatch): void;
  /** So many messages or events were put in quarantine. */
  quarantined(count: number): void;
  /** An MQTT client was refused or cut off; `reason` is the sentence of the log. */
  refused(reason: string): void;
  /** Every canteen was judged anew. */
  swept(seconds: number): void;
  /** A request was answered. `route` is its pattern, undefined where there is none. */
  answered(about: { route: string | undefined; status: number }): void;
  /** How to find out how many pages are open. */
  pages(open: () => number): void;
}

export interface StoredBatch {
  seconds: number;
  /** The type of each event. */
  types: string[];
  /** Of each message, from its arrival until it was acknowledged. */
  waitedMs: number[];
  points: number;
}

/** What is looked up whenever somebody reads. */
export interface Standing {
  gateways(): number;
  waiting(): number;
  waitingBytes(): number;
  storing(): boolean;
  hearing(): boolean;
  telemetry(): TelemetryHealth;
  canteens(): { summary: Pick<CanteenSummary, 'verdict'>; open: Pick<Gap, 'rule'>[] }[];
}

export interface Metrics {
  registry: MetricsRegistry;
  meters: Meters;
  /** Call once, when there is something to be looked up. */
  show(standing: Standing): void;
}

/** Seconds; an acknowledgement waits some 20 ms for others to be stored with it. */
const latencyBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];
const workBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];

const wellKnown = new Map([
  ['no canteen of this name', 'unknown-canteen'],
  ['wrong key', 'wrong-key'],
  ['it may not write here', 'foreign-topic'],
  ['it may not read here', 'foreign-topic'],
  ['it goes on asking for what it may not read', 'foreign-topic'],
  ['it does not read what it is sent', 'does-not-read'],
  ['connect did not arrive in time', 'silent'],
  ['keep alive timeout', 'silent'],
]);

export function createMetrics(version: string): Metrics {
  const { registry, counter, histogram, gauge, gaugeBy, total } = createInstruments(version);
  const received = counter('messages_received_total', 'MQTT messages of gateways, by their topic', ['kind']);
  const events = counter('events_stored_total', 'Events stored, by type', ['type']);
  const points = counter('points_taken_total', 'Measured numbers taken in for telemetry');
  const quarantined = counter('quarantined_total', 'Messages and events that could not be taken in');
  const refused = counter('connections_refused_total', 'MQTT clients refused or cut off, by reason', ['reason']);
  const batch = histogram('batch_seconds', 'How long one batch took to be folded, judged, stored and acknowledged', workBuckets);
  const batchMessages = histogram('batch_messages', 'How many messages one batch held', [1, 2, 5, 10, 25, 50, 100, 250, 500, 1000]);
  const waited = histogram('acknowledgement_seconds', 'From the arrival of a message to its acknowledgement', latencyBuckets);
  const sweep = histogram('sweep_seconds', 'How long it took to judge every canteen anew', workBuckets);
  const requests = counter('http_requests_total', 'HTTP requests answered, by the pattern of their address and by status', [
    'route',
    'status',
  ]);
  for (const kind of upTopics) received.inc({ kind }, 0);
  for (const reason of [...new Set(wellKnown.values()), 'other']) refused.inc({ reason }, 0);

  return {
    registry,
    meters: {
      received: (kind) => received.inc({ kind }),
      stored({ seconds, types, waitedMs, points: taken }) {
        batch.observe(seconds);
        batchMessages.observe(waitedMs.length);
        for (const type of types) events.inc({ type: shortName(type) });
        for (const ms of waitedMs) waited.observe(Math.max(0, ms) / 1000);
        points.inc(taken);
      },
      quarantined: (count) => quarantined.inc(count),
      refused: (reason) => refused.inc({ reason: wellKnown.get(reason) ?? 'other' }),
      swept: (seconds) => sweep.observe(seconds),
      answered: ({ route = 'none', status }) => requests.inc({ route, status }),
      pages: (open) => void gauge('pages_open', 'Open pages that are told of changes', open),
    },
    show(standing) {
      gauge('gateways_connected', 'Gateways that are there', standing.gateways);
      gauge('waiting_messages', 'Messages that are not stored yet', standing.waiting);
      gauge('waiting_bytes', 'Bytes of messages that are not stored yet', standing.waitingBytes);
      gauge('storing', '1 where the last change could be stored, else 0: then nothing is acknowledged', () => Number(standing.storing()));
      gauge('hearing', '1 where gateways can be heard, else 0: the MQTT broker is away, or left to other servers that can store', () =>
        Number(standing.hearing()),
      );
      gauge('telemetry_waiting_points', 'Points that are not where they are to be kept', () => standing.telemetry().waiting);
      total('telemetry_dropped_points_total', 'Points that had to be given up', () => standing.telemetry().dropped);
      gauge('telemetry_failing', '1 where points cannot be kept at present, else 0', () =>
        Number(standing.telemetry().trouble !== undefined),
      );
      gaugeBy('canteens', 'verdict', 'Canteens under supervision, by verdict', () =>
        tally(standing.canteens().map(({ summary }) => summary.verdict)),
      );
      gaugeBy('open_gaps', 'rule', 'Open acceptance gaps, by rule', () =>
        tally(standing.canteens().flatMap(({ open }) => open.map(({ rule }) => rule))),
      );
    },
  };
}

function tally(values: string[]): Record<string, number> {
  return Object.fromEntries([...Map.groupBy(values, (value) => value)].map(([value, { length }]) => [value, length]));
}

/** `cn.mingzao.fact.v1` is a fact. */
function shortName(type: string): string {
  return type.split('.')[2] ?? 'other';
}
