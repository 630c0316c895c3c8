// A gateway in this process, watching simulated cameras at short intervals.
import { join } from 'node:path';
import type { Settings } from '../../gateway/config.ts';
import type { Log } from '../../gateway/log.ts';
import { runGateway } from '../../gateway/main.ts';
import { silentLog } from '../silent-log.ts';
import type { SimulatedCamera } from '../simulators/camera.ts';

export interface RunningGateway {
  /** Resolves when it has said goodbye. */
  stop(): Promise<void>;
}

export function runGatewayFor(about: {
  folder: string;
  server: string;
  /** By the id the gateway gives them. */
  devices: Record<string, Pick<SimulatedCamera, 'onvifUrl' | 'username' | 'password'>>;
  discovery: NonNullable<Settings['discovery']>;
  metrics?: NonNullable<Settings['metrics']>;
  log?: Log;
}): RunningGateway {
  const cameras = Object.entries(about.devices).map(([id, { onvifUrl, username, password }]) => ({
    id,
    name: id,
    zones: ['cooking'],
    address: new URL(onvifUrl).origin,
    credentials: { username, password },
  }));
  const settings: Settings = {
    canteen: 'canteen-1',
    server: { url: about.server, key: 'k' },
    dataDir: join(about.folder, 'data'),
    zones: [{ id: 'cooking', kind: 'cooking', name: 'Cooking' }],
    cameras,
    recorders: [],
    discovery: about.discovery,
    intervals: { contact: 2, identity: 3600, stream: 10, picture: 10, footage: 3600, playback: 3600, heartbeat: 30 },
    snapshotEverySeconds: 300,
    events: true,
    retentionDaysAsked: 92,
    outbox: { maxEvents: 1000, maxMegabytes: 10 },
    evidence: { maxMegabytes: 10 },
    ...(about.metrics !== undefined && { metrics: about.metrics }),
    log: { level: 'error' },
  };
  const stop = new AbortController();
  const running = runGateway(settings, { signal: stop.signal, log: about.log ?? silentLog });
  return {
    stop: async () => {
      stop.abort();
      await running;
    },
  };
}
