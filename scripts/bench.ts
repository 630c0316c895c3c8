// Runs one bench and prints its figures against their goals: `npm run bench -- NAME [PART] [--json]`.
import { parseArgs } from 'node:util';
import { coverage } from './bench/coverage.ts';
import type { Figure } from './bench/figure.ts';
import { gateway, parts as gatewayParts } from './bench/gateway.ts';
import { ledger } from './bench/ledger.ts';
import { pictures } from './bench/pictures.ts';
import { server } from './bench/server.ts';
import { spine } from './bench/spine.ts';

const benches: Record<string, (say: (line: string) => void, part?: string) => Promise<Figure[]>> = {
  coverage,
  gateway,
  ledger,
  pictures,
  server,
  spine,
};
/** Of those that take minutes, parts can be run alone. */
const partsOf: Record<string, readonly string[]> = { gateway: gatewayParts };

// A bench that is broken off ends what it has started, as it does at its end.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => process.exit(1));

process.exitCode = await main();

async function main(): Promise<number> {
  const words = read();
  const bench = benches[words?.name ?? ''];
  if (words === undefined || bench === undefined) {
    const names = Object.keys(benches).map((name) =>
      [name, ...(partsOf[name] === undefined ? [] : [`[${partsOf[name].join('|')}]`])].join(' '),
    );
    console.error(`usage: npm run bench -- NAME [--json]; NAME is one of: ${names.join(', ')}`);
    return 2;
  }
  const figures = await bench((line) => console.error(line), words.part);
  if (words.json) for (const figure of figures) console.log(JSON.stringify({ ...figure, ok: isMet(figure) }));
  else console.log(table(figures));
  return figures.every(isMet) ? 0 : 1;
}

function read(): { name: string | undefined; part: string | undefined; json: boolean } | undefined {
  try {
    const { values, positionals } = parseArgs({ options: { json: { type: 'boolean', default: false } }, allowPositionals: true });
    const [name, part, ...rest] = positionals;
    const known = part === undefined || partsOf[name ?? '']?.includes(part) === true;
    return known && rest.length === 0 ? { name, part, json: values.json } : undefined;
  } catch {
    return undefined;
  }
}

function isMet({ value, goal }: Figure): boolean {
  const limit = Number(goal.slice(2));
  return goal.startsWith('<=') ? value <= limit : value >= limit;
}

function table(figures: Figure[]): string {
  const rows = figures.map((figure) => [figure.metric, `${figure.value} ${figure.unit}`, figure.goal, isMet(figure) ? 'ok' : 'MISSED']);
  const heads = ['metric', 'value', 'goal', ''];
  const widths = heads.map((head, column) => Math.max(head.length, ...rows.map((row) => row[column]?.length ?? 0)));
  return [heads, ...rows]
    .map((row) =>
      row
        .map((cell, column) => cell.padEnd(widths[column] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}
