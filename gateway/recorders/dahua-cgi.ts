// Asks Dahua recorders for footage by their CGI: a finder is made, set upon one day of one channel, emptied page by page, and given back.
import { DeviceError } from '../onvif/device-error.ts';
import type { RecordingListed } from '../onvif/recording.ts';
import { type AskedRecorder, type ChannelDay, type DayFound, makerSource, playedMs } from './maker-source.ts';
import type { Stretch } from './spans.ts';
import { readTimeLabel, writeTimeLabel } from './time-label.ts';

export const dahuaCgi = makerSource({ name: 'dahua-cgi', makers: /dahua|大华/i, readChannels, readDay, playbackPath });

/** The most a recorder gives at a time. */
const pageSize = 100;
const pagesMax = 50;

async function readChannels(recorder: AskedRecorder): Promise<RecordingListed[]> {
  const { body } = await recorder.fetch('/cgi-bin/configManager.cgi?action=getConfig&name=ChannelTitle');
  return readTitles(body.toString('utf8'));
}

/** The titles are counted from 0, the channels of a search from 1. */
export function readTitles(text: string): RecordingListed[] {
  return [...readTable(text)].flatMap(([key, name]) => {
    const index = /^table\.ChannelTitle\[(\d{1,3})\]\.Name$/.exec(key)?.[1];
    return index === undefined ? [] : [{ token: String(Number(index) + 1), sources: name === '' ? [] : [name], videoTracks: [] }];
  });
}

async function readDay(recorder: AskedRecorder, { channel, day }: ChannelDay): Promise<DayFound> {
  const made = await recorder.fetch(`${finderPath}?action=factory.create`, { answers: [400] });
  const finder = readTable(made.body.toString('utf8')).get('result');
  if (finder === undefined || !/^\d{1,20}$/.test(finder)) throw new DeviceError('busy', 'the recorder has no file finder left for us');
  try {
    return await findFiles(recorder, finder, { channel, day });
  } finally {
    // Finders are few, and one that is not destroyed is lost until the recorder starts anew.
    await recorder.giveBack(`${finderPath}?action=close&object=${finder}`);
    await recorder.giveBack(`${finderPath}?action=destroy&object=${finder}`);
  }
}

const finderPath = '/cgi-bin/mediaFileFind.cgi';

async function findFiles(recorder: AskedRecorder, finder: string, { channel, day }: ChannelDay): Promise<DayFound> {
  const label = (at: number) => encodeURIComponent(writeTimeLabel(at, recorder.utcOffsetMinutes));
  const condition = `condition.Channel=${channel.token}&condition.StartTime=${label(day.from)}&condition.EndTime=${label(day.to - 1000)}`;
  const search = `${finderPath}?action=findFile&object=${finder}&${condition}&condition.Types[0]=dav`;
  const begun = await recorder.fetch(search, { answers: [400] });
  // Some firmwares say by a bad request that there is nothing to find, and others that the question is wrong.
  if (begun.status === 400 || !/^OK\b/i.test(begun.body.toString('utf8').trim()))
    return { stretches: [], complete: false, perhapsEmpty: true };
  const stretches: Stretch[] = [];
  for (let page = 0; page < pagesMax; page += 1) {
    const { body } = await recorder.fetch(`${finderPath}?action=findNextFile&object=${finder}&count=${pageSize}`);
    const { found, files } = readFiles(body.toString('utf8'), { channel: channel.token, utcOffsetMinutes: recorder.utcOffsetMinutes });
    // A page that is not full is not the last: only one with nothing in it is.
    if (found === 0) return { stretches, complete: true };
    stretches.push(...files);
    if (found !== files.length) break;
  }
  return { stretches, complete: false };
}

async function playbackPath({ utcOffsetMinutes }: AskedRecorder, { channel, at }: { channel: string; at: number }): Promise<string> {
  const label = (time: number) => writeTimeLabel(time, utcOffsetMinutes).replaceAll(/[-: ]/g, '_');
  return `/cam/playback?channel=${channel}&subtype=0&starttime=${label(at)}&endtime=${label(at + playedMs)}`;
}

/**
 * One page of files. `found` is how many the recorder says it gives, undefined where it does not say; files that cannot be read, or are
 * not surely of the channel asked for, are left out. Asked from 1, recorders answer from 0: an answer with the number asked for may be of
 * the next channel, on a recorder that counts both from 0.
 */
export function readFiles(
  text: string,
  { channel, utcOffsetMinutes }: { channel: string; utcOffsetMinutes: number },
): { found: number | undefined; files: Stretch[] } {
  const table = readTable(text);
  const said = table.get('found');
  const found = said !== undefined && /^\d{1,6}$/.test(said) ? Number(said) : undefined;
  const indexes = [...table.keys()].flatMap((key) => /^items\[(\d{1,6})\]\.StartTime$/.exec(key)?.[1] ?? []);
  const files = indexes.flatMap((index) => {
    const item = (name: string) => table.get(`items[${index}].${name}`);
    const from = readTimeLabel(item('StartTime'), utcOffsetMinutes);
    const to = readTimeLabel(item('EndTime'), utcOffsetMinutes);
    const isOurs = item('Channel') === String(Number(channel) - 1);
    return from === undefined || to === undefined || !isOurs ? [] : [{ from: from.at, to: to.at }];
  });
  return { found, files };
}

/** Lines of `key=value`; the vendor's own manual has spaces behind the points. */
export function readTable(text: string): Map<string, string> {
  return new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const [, key, value = ''] = /^([^=]+)=(.*)$/.exec(line) ?? [];
      return key === undefined ? [] : [[key.replace(/\s+/g, ''), value.trim()] as const];
    }),
  );
}
