// Runs node-onvif's discovery on a thread of its own, where its uncaught socket errors and endless waits can be ended from outside.
import { parentPort } from 'node:worker_threads';
import onvif from 'node-onvif';

try {
  parentPort?.postMessage({ found: await onvif.startProbe() });
} catch (cause) {
  parentPort?.postMessage({ problem: cause instanceof Error ? cause.message : String(cause) });
}
