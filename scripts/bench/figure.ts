// One measured number and what it should be.

export interface Figure {
  metric: string;
  value: number;
  unit: string;
  /** `<=N` or `>=N`, in the same unit. */
  goal: `<=${number}` | `>=${number}`;
}
