// Runs node-onvif's discovery on a thread of its own, where its uncaught socket errors and endless waits can be ended from outside.
import { parentPort } from 'node:worker_threads';
import onvif from 'node-onvif';

const repliesMax = 1024;

try {
  const probing = onvif.startProbe();
  // It loses replies that tell of several devices, and all of them where one trips it up: what comes is handed on at once, and read once more.
  let replies = 0;
  onvif._udp?.on('message', (bytes) => {
    replies += 1;
    if (replies <= repliesMax) parentPort?.postMessage({ reply: bytes.toString('utf8') });
  });
  parentPort?.postMessage({ found: await probing });
} catch (cause) {
  parentPort?.postMessage({ problem: cause instanceof Error ? cause.message : String(cause) });
}
