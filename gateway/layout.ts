// What the settings say the canteen is made of, as the server is told.
import type { Layout } from '#contract/layout.ts';
import type { Settings } from './config.ts';

export function layoutOf({ zones, cameras, recorders }: Pick<Settings, 'zones' | 'cameras' | 'recorders'>): Layout {
  return {
    schemaVersion: 1,
    zones,
    cameras: cameras.map(({ id, name, zones: watched }) => ({ id, name, zones: watched })),
    recorders: recorders.map(({ id, name, cameras: kept }) => ({ id, name, cameras: kept })),
  };
}
