// Run as a process of its own by evidence.test.ts: keeps some pictures, says the name of each, and is killed without closing anything.
import { writeSync } from 'node:fs';
import { createEvidence } from '../../gateway/evidence.ts';
import { silentLog } from '../silent-log.ts';

const [file = '', count = '0'] = process.argv.slice(2);
const evidence = createEvidence({ file, maxBytes: 1e8, now: Date.now, log: silentLog });
for (let index = 0; index < Number(count); index += 1) writeSync(1, `${await evidence.keep(Buffer.alloc(20_000, index))}\n`);
process.kill(process.pid, 'SIGKILL');
