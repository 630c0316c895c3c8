// What metrics are made of, for both programs: counters, gauges and histograms in a registry of their own, and those of the process itself.
import { Counter, collectDefaultMetrics, Gauge, Histogram, Registry } from 'prom-client';

export interface Instruments {
  registry: Registry;
  counter<Label extends string = never>(name: string, help: string, labels?: Label[]): Counter<Label>;
  /** In seconds, or whatever `name` ends with. */
  histogram<Label extends string = never>(name: string, help: string, buckets: number[], labels?: Label[]): Histogram<Label>;
  /** Looked up whenever somebody reads. */
  gauge(name: string, help: string, read: () => number): void;
  /** One value for each value of `label`. */
  gaugeBy(name: string, label: string, help: string, read: () => Record<string, number>): void;
  /** What somebody else counts, and never counts down. */
  total(name: string, help: string, read: () => number): void;
  /** One for each value of `label`. */
  totalBy(name: string, label: string, help: string, read: () => Record<string, number>): void;
}

/** Every name begins with `mingzao_`, apart from those of the process, which have the names everybody gives them. */
export function createInstruments(version: string): Instruments {
  const registry = new Registry();
  const about = (name: string, help: string) => ({ name: `mingzao_${name}`, help, registers: [registry] });
  const gaugeBy: Instruments['gaugeBy'] = (name, label, help, read) => {
    new Gauge({
      ...{ ...about(name, help), labelNames: [label] },
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) this.set({ [label]: value }, count);
      },
    });
  };
  const totalBy: Instruments['totalBy'] = (name, label, help, read) => {
    new Counter({
      ...{ ...about(name, help), labelNames: [label] },
      collect() {
        this.reset();
        for (const [value, count] of Object.entries(read())) this.inc({ [label]: value }, count);
      },
    });
  };

  collectDefaultMetrics({ register: registry });
  gaugeBy('build_info', 'version', 'The version that runs, as a label', () => ({ [version]: 1 }));
  return {
    registry,
    counter: (name, help, labelNames = []) => new Counter({ ...about(name, help), labelNames }),
    histogram: (name, help, buckets, labelNames = []) => new Histogram({ ...about(name, help), buckets, labelNames }),
    gauge: (name, help, read) => {
      new Gauge({
        ...about(name, help),
        collect() {
          this.set(read());
        },
      });
    },
    gaugeBy,
    total: (name, help, read) => {
      new Counter({
        ...about(name, help),
        collect() {
          this.reset();
          this.inc(read());
        },
      });
    },
    totalBy,
  };
}
