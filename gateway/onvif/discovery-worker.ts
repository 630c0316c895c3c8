// Runs node-onvif's discovery on a thread of its own, where its uncaught socket errors and endless waits can be ended from outside.
import { parentPort } from 'node:worker_threads';
import onvif from 'node-onvif';

const repliesMax = 1024;

try {
  const replies: string[] = [];
  const probing = onvif.startProbe();
  // It loses replies that tell of several devices: what came is kept, and read once more.
  onvif._udp?.on('message', (bytes) => {
    if (replies.length < repliesMax) replies.push(bytes.toString('utf8'));
  });
  parentPort?.postMessage({ found: await probing, replies });
} catch (cause) {
  parentPort?.postMessage({ problem: cause instanceof Error ? cause.message : String(cause) });
}
