// What an operator reads off a server at work, and who cannot read it.
import mqtt from 'mqtt';
import { pino } from 'pino';
import { expect, onTestFinished, test, vi } from 'vitest';
import { topic } from '#contract/topics.ts';
import { loadSettings } from '../../server/config.ts';
import { startServer } from '../../server/main.ts';
import { createMetrics } from '../../server/metrics.ts';
import { readMetrics } from '../read-metrics.ts';
import { layout, reachable } from './ingest-messages.ts';
import { writeConfig } from './server-program.ts';

async function serve(about: object) {
  const said: { msg: string; address?: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line: string) => void said.push(JSON.parse(line)) });
  const server = await startServer(loadSettings(writeConfig(about)), log);
  onTestFinished(() => server.stop());
  return { server, metrics: () => said.find(({ msg }) => msg === 'metrics can be read')?.address ?? '' };
}

test('a server at work counts what it took in, stored, refused and acknowledged', async () => {
  const { server, metrics } = await serve({ metrics: { listen: { port: 0 } } });
  const options = { username: 'qiaodong', password: 'key-of-qiaodong', reconnectPeriod: 0 };
  const gateway = await mqtt.connectAsync(server.mqtt, options);
  onTestFinished(() => void gateway.end(true));
  await gateway.publishAsync(topic('qiaodong', 'events'), JSON.stringify([layout(1), reachable(2), { no: 'event' }]), { qos: 1 });
  await expect(mqtt.connectAsync(server.mqtt, { ...options, password: 'wrong' })).rejects.toThrow();
  await fetch(`${server.address}/api/canteens/nowhere`);
  await vi.waitFor(async () => expect((await readMetrics(metrics())).mingzao_acknowledgement_seconds_count).toBe(1));
  expect(await readMetrics(metrics())).toMatchObject({
    'mingzao_messages_received_total{kind="events"}': 1,
    'mingzao_events_stored_total{type="layout"}': 1,
    'mingzao_events_stored_total{type="fact"}': 1,
    mingzao_points_taken_total: 1,
    mingzao_quarantined_total: 1,
    'mingzao_connections_refused_total{reason="wrong-key"}': 1,
    mingzao_batch_seconds_count: 1,
    'mingzao_acknowledgement_seconds_bucket{le="30"}': 1,
    mingzao_gateways_connected: 1,
    mingzao_pages_open: 0,
    mingzao_waiting_bytes: 0,
    mingzao_storing: 1,
    mingzao_hearing: 1,
    mingzao_telemetry_dropped_points_total: 0,
    'mingzao_canteens{verdict="fault"}': 1,
    'mingzao_http_requests_total{route="/api/canteens/:id",status="401"}': 1,
  });
});

test('what a stranger sends makes no further series, however many he makes up', async () => {
  const { registry, meters } = createMetrics('1.0.0');
  for (let index = 0; index < 1000; index += 1) meters.refused(`made up ${index}`);
  const text = await registry.metrics();
  expect(text.match(/^mingzao_connections_refused_total.*$/gm)).toHaveLength(6);
  expect(text).toContain('mingzao_connections_refused_total{reason="other"} 1000');
});

test('there is nothing to read unless the settings say so, and nothing but the metrics where they do', async () => {
  const silent = await serve({});
  expect(silent.metrics()).toBe('');
  expect((await fetch(`${silent.server.address}/metrics`)).status).toBe(404);

  const { metrics } = await serve({ metrics: { listen: { port: 0 } } });
  expect([(await fetch(new URL('/', metrics()))).status, (await fetch(metrics(), { method: 'POST' })).status]).toEqual([404, 405]);
});

test('a metrics address that is taken ends the start with a sentence', async () => {
  const { metrics } = await serve({ metrics: { listen: { port: 0 } } });
  const port = Number(new URL(metrics()).port);
  await expect(serve({ metrics: { listen: { port } } })).rejects.toThrow(/^metrics\.listen: nothing can listen at 127\.0\.0\.1:\d+ /);
});
