// Run as a process of its own in a network where nobody answers: scans a /24 and says how long it took.
import { scanAddresses } from '../../../gateway/onvif/scan.ts';

const since = performance.now();
const found = await scanAddresses(['10.77.0.0/24'], { signal: AbortSignal.timeout(120_000), now: Date.now });
console.log(JSON.stringify({ seconds: (performance.now() - since) / 1000, found: found.length }));
