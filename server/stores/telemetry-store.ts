// What every store of telemetry can do: numbers over time, each point for some days, each hour for longer.
import type { Metric, Resolution } from '#contract/series.ts';

/** One number. A series has at most one of the same instant: a second one is the same point, told again. */
export interface Point {
  canteen: string;
  device: string;
  metric: Metric;
  /** Milliseconds since 1970. */
  at: number;
  value: number;
}

export interface SeriesQuery {
  canteen: string;
  device: string;
  metric: Metric;
  /** Milliseconds since 1970, `to` not included; of hours those count that begin in between. */
  from: number;
  to: number;
  resolution: Resolution;
  /** The oldest so many. */
  limit: number;
}

/** One point, or one hour of points from `at` on, milliseconds since 1970. */
export interface Sample {
  at: number;
  mean: number;
  min: number;
  max: number;
  count: number;
}

export interface TelemetryStore {
  /** All of it or, where the promise is rejected, perhaps a part: what is written again counts once. */
  write(points: Point[]): Promise<void>;
  /** Oldest first. */
  series(query: SeriesQuery): Promise<Sample[]>;
  /** Forgets a little of what has been kept long enough. False: nothing is left to forget. */
  prune(): Promise<boolean>;
  close(): Promise<void>;
}

/** How long points, and hours of points, are kept. */
export interface TelemetryKeep {
  telemetryRawDays: number;
  telemetryHourlyDays: number;
}

export const dayMs = 86_400_000;
export const hourMs = 3_600_000;

/** The beginning of the hour `at` falls in, UTC. */
export function hourOf(at: number): number {
  return Math.floor(at / hourMs) * hourMs;
}
