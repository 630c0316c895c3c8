// What the settings say the canteen is made of, as the server is told.
import type { Layout } from '#contract/layout.ts';
import type { Settings } from './config.ts';

export function layoutOf({
  zones,
  cameras,
  recorders,
  recording,
  plan,
}: Pick<Settings, 'zones' | 'cameras' | 'recorders' | 'recording' | 'plan'>): Layout {
  // To the server the gateway’s own recording is a recorder like any other.
  const keepers = recording === undefined ? recorders : [...recorders, recording];
  return {
    schemaVersion: 1,
    zones,
    cameras: cameras.map(({ id, name, zones: watched }) => ({ id, name, zones: watched })),
    recorders: keepers.map(({ id, name, cameras: kept }) => ({ id, name, cameras: kept })),
    ...(plan === undefined ? {} : { plan }),
  };
}
