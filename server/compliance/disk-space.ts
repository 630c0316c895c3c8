// How long a recorder's disks last: from what its cameras send, and from the space its footage takes already; pure arithmetic.
import type { FootageMeasured, StorageMeasured } from '#contract/footage.ts';
import type { RetentionView } from '#contract/views.ts';

/** What all cameras of a recorder write together. */
export interface Rate {
  bitsPerSecond: number;
  from: NonNullable<RetentionView['rateFrom']>;
}

export interface DiskSpace {
  capacityBytes: number;
  /** Undefined where the recorder does not say how much is free. */
  full: boolean | undefined;
  /** The best first; empty where there is none. */
  rates: Rate[];
}

const daySeconds = 86_400;
/** Files are laid out in advance and closed late: less footage than this says little about its size. */
const tellingSeconds = 2 * daySeconds;
/** Recorders that overwrite keep a little room, to go on writing while they delete. */
const roomShare = 0.02;

/** Undefined where the recorder does not say how large its disks are. `streams`: bits per second of each camera it keeps, where measured. */
export function diskSpace(about: {
  storage: StorageMeasured;
  footage: FootageMeasured;
  streams: ReadonlyMap<string, number | undefined>;
}): DiskSpace | undefined {
  const { capacityBytes, freeBytes } = about.storage;
  if (capacityBytes === undefined || capacityBytes === 0) return undefined;
  const [disk, streams] = [byDisk({ ...about, capacityBytes, freeBytes }), byStreams(about.streams)];
  const rates = [disk, streams].flatMap((rate) => rate ?? []);
  const dayBytes = Math.max(0, ...rates.map(({ bitsPerSecond }) => (bitsPerSecond / 8) * daySeconds));
  const full =
    freeBytes === undefined ? undefined : freeBytes <= Math.max(capacityBytes * roomShare, Math.min(dayBytes, capacityBytes / 10));
  // How long a full disk lasts has been seen, whatever the streams would make of it.
  return { capacityBytes, full, rates: full === true && disk !== undefined ? [disk] : rates };
}

export function daysHeld({ capacityBytes }: Pick<DiskSpace, 'capacityBytes'>, bitsPerSecond: number): number {
  return (capacityBytes * 8) / bitsPerSecond / daySeconds;
}

/** How much more disk is needed for that many whole days and today. */
export function bytesMissing({ capacityBytes }: Pick<DiskSpace, 'capacityBytes'>, bitsPerSecond: number, days: number): number {
  return Math.max(0, Math.ceil((bitsPerSecond / 8) * daySeconds * (days + 1) - capacityBytes));
}

/** Only where every camera's stream was measured: of a part nothing follows. */
function byStreams(streams: ReadonlyMap<string, number | undefined>): Rate | undefined {
  const each = [...streams.values()].map((bitsPerSecond) => bitsPerSecond ?? 0);
  if (each.length === 0 || each.some((bitsPerSecond) => bitsPerSecond <= 0)) return undefined;
  return { bitsPerSecond: each.reduce((sum, bits) => sum + bits, 0), from: 'streams' };
}

/**
 * The space in use over the footage in it. What was recorded before the days asked for is not known, so a recording that reaches back to
 * the first of them says nothing; nor do recordings of nobody's.
 */
function byDisk(about: {
  capacityBytes: number;
  freeBytes: number | undefined;
  footage: FootageMeasured;
  streams: ReadonlyMap<string, number | undefined>;
}): Rate | undefined {
  const { capacityBytes, freeBytes, footage, streams } = about;
  if (freeBytes === undefined || freeBytes >= capacityBytes) return undefined;
  const begun = Date.parse(footage.from) + daySeconds * 1000;
  const { recordings } = footage;
  const telling = recordings.every(
    ({ camera, oldest }) => camera !== undefined && streams.has(camera) && !(Date.parse(oldest ?? '') < begun),
  );
  const seconds = recordings.map(({ days }) => days.reduce((sum, { recordedSeconds }) => sum + recordedSeconds, 0));
  const all = seconds.reduce((sum, each) => sum + each, 0);
  if (!telling || all < tellingSeconds * Math.max(1, streams.size)) return undefined;
  // Where the streams are measured, a camera added lately counts by its own size.
  const measured = byStreams(streams);
  const weight = (camera: string | undefined) => (measured === undefined ? 1 : (streams.get(camera ?? '') ?? 0));
  const written = recordings.reduce((sum, { camera }, index) => sum + weight(camera) * (seconds[index] ?? 0), 0);
  const now = measured?.bitsPerSecond ?? streams.size;
  return { bitsPerSecond: ((capacityBytes - freeBytes) * 8 * now) / written, from: 'disk' };
}
