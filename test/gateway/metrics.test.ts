// What an operator reads off a gateway at work.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test, vi } from 'vitest';
import { readMetrics } from '../read-metrics.ts';
import { silentLog } from '../silent-log.ts';
import { createRememberingServer } from './remembering-server.ts';
import { runGatewayFor } from './running-gateway.ts';

test('a gateway at work tells its looks, its connection and what waits and was dropped', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'gateway-metrics-'));
  const server = await createRememberingServer('canteen-1');
  let address = '';
  const log = {
    ...silentLog,
    info: (about: { address?: string }, message: string) => {
      if (message === 'metrics can be read') address = about.address ?? '';
    },
  };
  const nobody = { onvifUrl: 'http://127.0.0.1:1/onvif/device_service', username: 'u', password: 'p' };
  const about = { folder, server: server.url, devices: { 'camera-1': nobody }, discovery: { multicast: false, scan: [] } };
  const gateway = runGatewayFor({ ...about, metrics: { listen: { host: '127.0.0.1', port: 0 } }, log });
  onTestFinished(async () => {
    await gateway.stop();
    await server.close();
    rmSync(folder, { recursive: true });
  });
  await vi.waitFor(async () => expect(address).not.toBe(''), 10_000);
  await vi.waitFor(async () => {
    const metrics = await readMetrics(address);
    expect(metrics).toMatchObject({ mingzao_connected: 1, mingzao_connections_total: 1, 'mingzao_waiting{kind="events"}': 0 });
    expect(metrics['mingzao_look_seconds_count{kind="contact",outcome="fault"}']).toBeGreaterThan(0);
  }, 10_000);
  expect(await readMetrics(address)).toMatchObject({
    'mingzao_dropped_total{kind="events"}': 0,
    'mingzao_dropped_total{kind="pictures"}': 0,
    mingzao_outbox_oldest_age_seconds: 0,
    mingzao_ffmpeg_running: 0,
    nodejs_eventloop_lag_seconds: expect.any(Number),
  });
  await server.close();
  await vi.waitFor(async () => expect(await readMetrics(address)).toMatchObject({ mingzao_connected: 0 }), 10_000);
});
