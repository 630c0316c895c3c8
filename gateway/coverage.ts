// `coverage`: tells what the cameras of a floor plan would see of its zones, for whoever places them.
import { parseArgs } from 'node:util';
import type { BlindSpot } from '#contract/coverage.ts';
import { type CommandIo, done, refuse, wrongWords } from './command-io.ts';
import { coverageOf, type ZoneCoverage } from './coverage/zone-coverage.ts';
import { readPlan } from './plan-file.ts';

export const usage = 'usage: coverage PLAN.json';

/** Gives the exit code: 0 where it could be computed, however little is seen. Throws SettingsError on a plan that cannot be. */
export async function runCoverage(args: string[], io: CommandIo): Promise<number> {
  let file: string;
  try {
    file = parse(args);
  } catch (cause) {
    return refuse(io, `coverage: ${wrongWords(cause)}\n${usage}`);
  }
  io.stdout(JSON.stringify({ zones: coverageOf(readPlan(file)).map(report) }));
  return done;
}

function parse(args: string[]): string {
  const [file, ...more] = parseArgs({ args, allowPositionals: true, options: {} }).positionals;
  if (file === undefined || more.length > 0) throw new Error('exactly one plan is needed');
  return file;
}

/** Square metres and metres, by the plan's own density. */
function report({ id, area, free, levels: [level] }: ZoneCoverage) {
  return {
    id,
    area: rounded(area),
    free: rounded(free),
    covered: rounded(level?.covered ?? 0),
    ratio: rounded(level?.ratio ?? 0),
    overlap: rounded(level?.overlap ?? 0),
    blind: (level?.blind ?? []).map((spot) => ({
      area: rounded(spot.area),
      cause: inWords(spot.cause),
      polygon: spot.polygon,
      holes: spot.holes,
    })),
    cameras: (level?.lostIfItFails() ?? []).map(({ camera, area }) => ({ id: camera, lostIfItFails: rounded(area) })),
  };
}

function inWords(cause: BlindSpot['cause']): string {
  switch (cause.kind) {
    case 'out-of-view':
      return 'out of view';
    case 'too-few-pixels':
      return 'too few pixels';
    case 'behind':
      return `behind ${cause.obstacle}`;
    case 'camera-down':
      return `${cause.camera} is down`;
  }
}

/** Rounding to hundredths of a millimetre leaves this much of a square metre certain. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}
