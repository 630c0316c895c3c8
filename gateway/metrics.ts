// What the gateway counts and measures of itself, for Prometheus: every name and label is here, and no label grows with what it watches.
import { createInstruments } from '#config/instruments.ts';
import type { MetricsRegistry } from '#config/metrics-listener.ts';
import type { Evidence } from './evidence.ts';
import type { Outbox } from './outbox.ts';
import type { OnLook } from './supervise/look.ts';

export interface Metrics {
  registry: MetricsRegistry;
  /** What the parts of the gateway tell while they work. */
  meters: { looked: OnLook; connection(holds: boolean): void };
}

/** Seconds: a question to a camera takes milliseconds, a look at a recorder minutes. */
const lookBuckets = [0.01, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 180];

export function createMetrics(deps: {
  version: string;
  outbox: Pick<Outbox, 'health'>;
  evidence: Pick<Evidence, 'health'>;
  now: () => number;
}): Metrics {
  const { version, outbox, evidence, now } = deps;
  const { registry, counter, histogram, gauge, gaugeBy, totalBy } = createInstruments(version);
  const looks = histogram('look_seconds', 'How long one look at a device took, by what was looked at and how it came out', lookBuckets, [
    'kind',
    'outcome',
  ]);
  const connections = counter('connections_total', 'How often a connection to the server came about');
  let connected = false;

  gauge('connected', '1 while the gateway is connected to the server, else 0', () => Number(connected));
  gaugeBy('waiting', 'kind', 'What the server has not acknowledged yet, by kind', () => ({
    events: outbox.health().waiting,
    pictures: evidence.health().waiting,
  }));
  totalBy('dropped_total', 'kind', 'What had to be given up because there was no more room for it, by kind', () => ({
    events: outbox.health().dropped,
    pictures: evidence.health().dropped,
  }));
  gauge('outbox_oldest_age_seconds', 'Age of the oldest event the server has not acknowledged yet; 0 where there is none', () => {
    const { oldest } = outbox.health();
    return oldest === undefined ? 0 : Math.max(0, now() - Date.parse(oldest)) / 1000;
  });
  gauge('outbox_full', '1 while the disk takes no more than what the oldest events leave, else 0', () =>
    Number(outbox.health().full === true),
  );
  // The only programs a gateway starts.
  gauge('ffmpeg_running', 'Processes of ffmpeg and ffprobe that run', () => {
    return process.getActiveResourcesInfo().filter((resource) => resource === 'ProcessWrap').length;
  });

  return {
    registry,
    meters: {
      looked: ({ kind, outcome, seconds }) => looks.observe({ kind, outcome }, seconds),
      connection(holds) {
        if (holds) connections.inc();
        connected = holds;
      },
    },
  };
}
