// Run as a process of its own by outbox.test.ts: stores some facts, one by one, and is killed without closing anything.
import { createOutbox } from '../../gateway/outbox.ts';
import { silentLog } from '../silent-log.ts';
import { factEntry } from './entries.ts';

const [file = '', count = '0'] = process.argv.slice(2);
const outbox = createOutbox({ file, canteen: 'canteen-1', maxEvents: 1000, maxBytes: 1e8, now: Date.now, log: silentLog });
for (let index = 0; index < Number(count); index += 1) outbox.append([factEntry('camera-1')]);
process.kill(process.pid, 'SIGKILL');
