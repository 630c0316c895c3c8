// Asks Uniview recorders for footage by their LAPI: the channels, then the records of each, searched by day.
import { DeviceError } from '../onvif/device-error.ts';
import type { RecordingListed } from '../onvif/recording.ts';
import { type AskedRecorder, type ChannelDay, type DayFound, makerSource, playedMs } from './maker-source.ts';
import type { Stretch } from './spans.ts';

export const univiewLapi = makerSource({ name: 'uniview-lapi', makers: /uniview|\bunv\b|宇视/i, readChannels, readDay, playbackPath });

const pageSize = 100;
const pagesMax = 60;

/** How LAPI says that a path is unknown to a firmware. */
const unknownPath = 599;

async function readChannels(recorder: AskedRecorder): Promise<RecordingListed[]> {
  const { status, body } = await recorder.fetch('/LAPI/V1.0/Channels/System/ChannelDetailInfos', { answers: [unknownPath] });
  if (status === unknownPath) throw new DeviceError('not-supported', 'LAPI: the recorder does not list its channels');
  return readChannelInfos(body.toString('utf8'));
}

/** Throws DeviceError `malformed`, or `soap-fault` where the recorder answers with a fault of its own. */
export function readChannelInfos(text: string): RecordingListed[] {
  return entriesOf(dataOf(text)).flatMap((info) => {
    const token = integerOf(info, 'ID');
    const name = at(info, 'Name');
    const sources = typeof name === 'string' && name !== '' ? [name] : [];
    return token === undefined ? [] : [{ token: String(token), sources, videoTracks: [] }];
  });
}

async function readDay(recorder: AskedRecorder, { channel, day }: ChannelDay): Promise<DayFound> {
  const stretches: Stretch[] = [];
  const seen = new Set<string>();
  for (let page = 0; page < pagesMax; page += 1) {
    // Its index is in seconds since 1970, UTC; only its clock may be wrong.
    const span = `Begin=${day.from / 1000}&End=${day.to / 1000 - 1}`;
    const path = `/LAPI/V1.0/Channels/${channel.token}/Media/Video/Streams/0/Records?${span}&Limit=${pageSize}&Offset=${stretches.length}`;
    const { body } = await recorder.fetch(path);
    const { records, whole, total } = readRecords(body.toString('utf8'));
    const fresh = records.filter(({ from, to }) => !seen.has(`${from}-${to}`));
    for (const { from, to } of fresh) seen.add(`${from}-${to}`);
    stretches.push(...fresh);
    if (!whole) break;
    // Pages may be shorter than asked for without being the last: the recorder has to say how many there are, or have no more.
    if (records.length === 0 || total === stretches.length)
      return { stretches, complete: (total ?? stretches.length) === stretches.length };
    // One that pays no heed to the offset gives its first page for ever.
    if (fresh.length < records.length) break;
  }
  return { stretches, complete: false };
}

async function playbackPath(_: AskedRecorder, { channel, at }: { channel: string; at: number }): Promise<string> {
  return `/c${channel}/b${at / 1000}/e${(at + playedMs) / 1000}/replay/`;
}

/** One page. `whole`: all of it could be read; `total`: how many the recorder says there are on all pages. Throws as above. */
export function readRecords(text: string): { records: Stretch[]; whole: boolean; total: number | undefined } {
  const data = dataOf(text);
  const listed = entriesOf(data);
  const records = listed.flatMap((each) => {
    const [from, to] = [integerOf(each, 'Begin'), integerOf(each, 'End')];
    return from === undefined || to === undefined ? [] : [{ from: from * 1000, to: to * 1000 }];
  });
  // `Nums` counts this page on some firmwares, and all pages on others.
  const counted = integerOf(data, 'Nums') ?? integerOf(data, 'Num');
  const total = integerOf(data, 'Total') ?? (counted !== undefined && counted > listed.length ? counted : undefined);
  return { records, whole: records.length === listed.length, total };
}

export function dataOf(text: string): unknown {
  const answer = parsed(text);
  const code = at(answer, 'Response', 'ResponseCode');
  if (typeof code !== 'number') throw new DeviceError('malformed', 'LAPI: the answer holds no ResponseCode');
  if (code !== 0) throw new DeviceError('soap-fault', `LAPI: the recorder answers with code ${code}`);
  return at(answer, 'Response', 'Data');
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new DeviceError('malformed', 'LAPI: the answer is not JSON', { cause });
  }
}

/** The one list in the answer: its name differs between firmwares. */
function entriesOf(data: unknown): unknown[] {
  if (typeof data !== 'object' || data === null) return [];
  return Object.values(data).find((each) => Array.isArray(each)) ?? [];
}

export function integerOf(value: unknown, name: string): number | undefined {
  const number = at(value, name);
  return typeof number === 'number' && Number.isInteger(number) && number >= 0 && number <= 1e11 ? number : undefined;
}

export function at(value: unknown, ...path: string[]): unknown {
  let inner = value;
  for (const name of path) {
    if (typeof inner !== 'object' || inner === null) return undefined;
    inner = new Map<string, unknown>(Object.entries(inner)).get(name);
  }
  return inner;
}
