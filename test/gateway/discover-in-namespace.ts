// Run by the test of discovery inside a network of its own: two simulated cameras, and one look for them.
import { runDiscover } from '../../gateway/discover.ts';
import { createCamera } from '../simulators/camera.ts';
import { prepareMedia } from '../simulators/media.ts';

const media = await prepareMedia();
const cameras = await Promise.all([1, 2].map(() => createCamera({ media, discovery: { interface: '127.0.0.1' } })));
await cameras[0]?.faults.set('two-xaddrs');
await cameras[1]?.faults.set('two-matches'); // node-onvif alone loses such a reply
await cameras[1]?.faults.set('discovery-garbled');
process.exitCode = await runDiscover(['--json', '--scan', `127.0.0.1:${cameras[0]?.port}`], {
  stdout: console.log,
  stderr: console.error,
  signal: new AbortController().signal,
  now: Date.now,
});
for (const camera of cameras) await camera.close();
