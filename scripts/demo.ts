// The demonstration district: three canteens on this machine, from simulated cameras to the board. `npm start` runs it.
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { roomsPlan } from '../test/simulators/rooms.ts';
import type { DistrictCanteen } from './district/canteen.ts';
import { type District, startDistrict } from './district/district.ts';

const usage = 'usage: npm start -- [--port N] [--data-dir FOLDER]';

const zones: DistrictCanteen['zones'] = [
  { id: 'dining', kind: 'dining', name: '就餐大厅' },
  { id: 'cooking', kind: 'cooking', name: '烹饪间' },
  { id: 'cleaning', kind: 'cleaning', name: '洗消间' },
];
const dining = { id: 'dining-1', name: '就餐大厅1号', zone: 'dining' };
const cooking = { id: 'cooking-1', name: '烹饪间1号', zone: 'cooking' };
const cooking2 = { id: 'cooking-2', name: '烹饪间2号', zone: 'cooking' };
const cleaning = { id: 'cleaning-1', name: '洗消间1号', zone: 'cleaning' };

const sound: DistrictCanteen = {
  id: 'xinjianlu',
  name: '新建路社区食堂',
  district: '杏花岭区',
  zones,
  cameras: [dining, { ...cooking, clip: 'h265-1080p' }, cleaning],
  recorder: { id: 'recorder', name: '录像机', days: 95 },
  plan: roomsPlan({ zones, cameras: [dining, cooking, cleaning] }),
};

const lacking: DistrictCanteen = {
  id: 'shengliqiao',
  name: '胜利桥社区食堂',
  district: '杏花岭区',
  zones,
  cameras: [dining, cooking],
  recorder: { id: 'recorder', name: '录像机', days: 41 },
  plan: roomsPlan({ zones, cameras: [dining, cooking], hoods: ['cooking'] }),
};

const unpluggable: DistrictCanteen = {
  id: 'hepinglu',
  name: '和平路社区食堂',
  district: '万柏林区',
  zones,
  cameras: [dining, cooking, cooking2, cleaning],
  recorder: { id: 'recorder', name: '录像机', days: 120 },
  plan: roomsPlan({ zones, cameras: [dining, cooking, { ...cooking2, sees: 'the middle' }, cleaning] }),
};

process.exitCode = await main();

async function main(): Promise<number> {
  const words = read();
  if (typeof words === 'string') {
    console.error(`${words}; ${usage}`);
    return 2;
  }
  const interrupted = new Promise<void>((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => done());
  });
  try {
    const district = await startDistrict({ canteens: [unpluggable, sound, lacking], ...words, say: (line) => console.log(`  ${line}`) });
    console.log(whatNext(district, words.dataDir));
    const trouble = await Promise.race([interrupted, district.broken]);
    console.log(trouble ?? 'stopping');
    await district.stop();
    return trouble === undefined ? 0 : 1;
  } catch (error) {
    console.error(error instanceof Error ? error.message : error);
    return 1;
  }
}

/** What was asked for, or a sentence where it was not understood. */
function read(): { port: number; dataDir: string } | string {
  try {
    const { values } = parseArgs({
      options: { port: { type: 'string', default: '8080' }, 'data-dir': { type: 'string', default: 'data/demo' } },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 0 || port > 65_535) return `--port: found "${values.port}", allowed: 0 to 65535`;
    return { port, dataDir: resolve(values['data-dir']) };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

function whatNext({ url, simulated, accounts }: District, dataDir: string): string {
  const control = simulated.get(unpluggable.id)?.control.url;
  const set = (state: string) => `npm run -s simulate -- set ${control} ${cooking.id} unplugged ${state}`;
  return `
Open          ${url}/board
Interface     ${url}/api/docs
Logs and data ${dataDir}

Sign in as one of these, who are of this demonstration only:
${accounts.map(({ name, password, grant }) => `  ${name}  ${password}  ${grant.role}${grant.scope.kind === 'all' ? '' : `, ${unpluggable.name} only`}`).join('\n')}

Within a minute the board shows one sound canteen and the three gaps planted in ${lacking.name}.
Then, in another terminal, unplug a camera of ${unpluggable.name} and watch the board:
  ${set('on')}
and plug it in again:
  ${set('off')}

Ctrl-C ends everything.`;
}
