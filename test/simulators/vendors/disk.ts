// The disk of a simulated recorder: what it holds, and how it is.

export interface SimulatedDisk {
  capacityGigabytes: number;
  freeGigabytes: number;
  /** Whether the oldest footage makes room when it is full. */
  overwrites: boolean;
  /** The recorder is set to keep no longer than this, days; 0 is no limit. */
  retentionDays: number;
}

/** Full, as most recorders are most of the time. */
export const usualDisk: SimulatedDisk = { capacityGigabytes: 8000, freeGigabytes: 0, overwrites: true, retentionDays: 0 };
