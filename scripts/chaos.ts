// Kills and cuts everything at random under load, then counts what is stored: `npm run chaos -- [--minutes N] [--gateways N] [--seed S] [--servers N] [--outside]`.
import { parseArgs } from 'node:util';
import { startOneServer } from './chaos/one-server.ts';
import { type ChaosReport, runChaos } from './chaos/run-chaos.ts';
import { startServersOutside } from './chaos/servers-outside.ts';

const usage = `usage: npm run chaos -- [--minutes N] [--gateways N] [--seed S] [--servers N] [--outside]
  --outside: on a PostgreSQL, an InfluxDB and a mosquitto, as more than one server always are`;

process.exitCode = await main();

async function main(): Promise<number> {
  const asked = read();
  if (asked === undefined) {
    console.error(usage);
    return 2;
  }
  const { minutes, gateways, servers, seed, outside } = asked;
  console.error(
    `chaos: ${minutes} min, ${gateways} gateways, ${servers} server${servers > 1 ? 's' : ''}${outside ? ' on PostgreSQL, InfluxDB and mosquitto' : ''}, seed ${seed}`,
  );
  const stop = new AbortController();
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => stop.abort());
  const report = await runChaos({
    seconds: minutes * 60,
    gateways,
    seed,
    startSite: (about) => (outside ? startServersOutside({ servers, ...about }) : startOneServer(about)),
    say: (line) => console.error(line),
    signal: stop.signal,
  });
  console.log(table(report));
  return report.ok ? 0 : 1;
}

function read(): { minutes: number; gateways: number; servers: number; seed: number; outside: boolean } | undefined {
  try {
    const text = { type: 'string' } as const;
    const { values } = parseArgs({
      options: { minutes: text, gateways: text, seed: text, servers: text, outside: { type: 'boolean', default: false } },
    });
    const { minutes = '10', gateways = '6', servers = '1', seed = String(Date.now() % 1_000_000) } = values;
    const asked = { minutes: Number(minutes), gateways: Number(gateways), servers: Number(servers), seed: Number(seed) };
    const sound = asked.minutes > 0 && asked.gateways >= 1 && asked.servers >= 1 && Object.values(asked).every(Number.isFinite);
    return sound ? { ...asked, outside: values.outside || asked.servers > 1 } : undefined;
  } catch {
    return undefined;
  }
}

function table({ count, mishaps, settledSeconds, troubles, ok }: ChaosReport): string {
  const rows: [string, string | number][] = [
    ...Object.entries(mishaps).toSorted(([a], [b]) => a.localeCompare(b)),
    ['facts decided', count.decided],
    ['facts stored', count.stored],
    ['  killed in the middle of deciding', count.unsure],
    ['  lost', count.lost.length],
    ['  doubled', count.doubled.length],
    ['  strange', count.strange.length],
    ['gaps opened', count.gaps.opened],
    ['gaps open at the end', count.gaps.open],
    ['  wrong', count.gaps.wrong.length],
    ['settled after', `${settledSeconds} s`],
    ['', ok ? 'ok' : 'WRONG'],
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  const wrong = [...count.lost, ...count.doubled, ...count.strange, ...count.gaps.wrong, ...troubles].slice(0, 20);
  return [...rows.map(([name, value]) => `${name.padEnd(width)}  ${value}`), ...wrong].join('\n');
}
