// Run by the test of relocation inside a network of its own: a camera changes its address, and is looked for by multicast.
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createCamera } from '../simulators/camera.ts';
import { prepareMedia } from '../simulators/media.ts';
import { until } from '../until.ts';
import { createRememberingServer } from './remembering-server.ts';
import { runGatewayFor } from './running-gateway.ts';

const media = await prepareMedia();
const folder = mkdtempSync(join(tmpdir(), 'relocation-'));
const server = await createRememberingServer('canteen-1');
const plugIn = () => createCamera({ media, identity: { serial: 'A' }, discovery: { interface: '127.0.0.1' } });
const becomes = (check: string, outcome: string) =>
  until(async () => assert.equal(server.outcomes()[`camera-1 ${check}`], outcome), 60_000);

const before = await plugIn();
const discovery = { multicast: true, scan: [] };
const gateway = runGatewayFor({ folder, server: server.url, devices: { 'camera-1': before }, discovery });
await becomes('identity', 'ok');
await before.close();
await becomes('reachable', 'refused');
const after = await plugIn();
const reply = await server.ask({ kind: 'rescan' });
await becomes('identity', 'ok');
const reachable = server.facts().findLast(({ check }) => check === 'reachable');
console.log(JSON.stringify({ reply, wasAt: `127.0.0.1:${before.port}`, isAt: `127.0.0.1:${after.port}`, told: reachable?.measured }));

await gateway.stop();
await after.close();
await server.close();
rmSync(folder, { recursive: true });
