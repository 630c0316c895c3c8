// The CGI of Dahua recorders: few finders, which stay taken until they are destroyed, local times, and two ways of counting channels.
import type { HttpAnswer } from '../onvif/delivery.ts';
import type { PageAsked } from '../onvif/http-device.ts';
import { filesOf, fromWallClock, type Moment, momentIn, type Vendor, type VendorParts, wallClock } from './vendor.ts';

const findersMax = 2;
/** Fewer than the hundred a client may ask for: a page that is not full is not the last. */
const pageMax = 20;
const countMax = 100;
const fileMs = 1_800_000;

export const dahua: Vendor = { manufacturer: 'Dahua', model: 'DHI-NVR4108-SIM', pages, played };

interface Finder {
  /** Counted from 0. */
  channel: number;
  files: readonly { from: number; to: number }[];
  given: number;
}

function pages(parts: VendorParts) {
  const finders = new Map<string, Finder | undefined>();
  let made = 0;

  const actions: Record<string, (query: URLSearchParams, object: string) => HttpAnswer> = {
    'factory.create': () => {
      if (parts.faults.has('busy') || finders.size >= findersMax) return badRequest;
      made += 1;
      finders.set(String(made), undefined);
      return text(`result=${made}`);
    },
    findFile: (query, object) => {
      const found = finders.has(object) ? finderOf(query, parts) : undefined;
      // Nothing to find is a bad request too.
      if (found === undefined || found.files.length === 0) return badRequest;
      finders.set(object, found);
      return text('OK');
    },
    findNextFile: (query, object) => {
      const finder = finders.get(object);
      const count = Number(query.get('count'));
      if (finder === undefined || !(count <= countMax)) return badRequest;
      const start = parts.faults.has('footage-truncated') ? 0 : finder.given;
      const page = finder.files.slice(start, start + Math.min(count, pageMax));
      finder.given += page.length;
      return text([`found=${page.length}`, ...page.flatMap((file, index) => itemLines(file, index, finder.channel, parts))].join('\r\n'));
    },
    close: (_, object) => (finders.has(object) ? text('OK') : badRequest),
    destroy: (_, object) => (finders.delete(object) ? text('OK') : badRequest),
  };

  const answers = new Map<string, (asked: PageAsked) => HttpAnswer>([
    ['/cgi-bin/configManager.cgi', ({ query }) => (query.get('name') === 'ChannelTitle' ? titles(parts) : badRequest)],
    ['/cgi-bin/storageDevice.cgi', ({ query }) => (query.get('action') === 'getDeviceAllInfo' ? storageDevices(parts) : badRequest)],
    ['/cgi-bin/mediaFileFind.cgi', ({ query }) => actions[query.get('action') ?? '']?.(query, query.get('object') ?? '') ?? badRequest],
  ]);
  return (path: string) => answers.get(path);
}

function titles({ recordings }: VendorParts): HttpAnswer {
  return text(recordings.map(({ channel }, index) => `table.ChannelTitle[${index}].Name=${channel.name}`).join('\r\n'));
}

/** One disk in two partitions. */
function storageDevices({ disk, faults }: VendorParts): HttpAnswer {
  const bytes = (gigabytes: number) => (gigabytes * 5e8).toFixed(6);
  const partition = (index: number) => [
    `list.info[0].Detail[${index}].IsError=${faults.has('disk-broken') && index === 1}`,
    `list.info[0].Detail[${index}].Path=/dev/sda${index}`,
    `list.info[0].Detail[${index}].TotalBytes=${bytes(disk.capacityGigabytes)}`,
    `list.info[0].Detail[${index}].Type=ReadWrite`,
    `list.info[0].Detail[${index}].UsedBytes=${bytes(disk.capacityGigabytes - disk.freeGigabytes)}`,
  ];
  return text([...partition(0), ...partition(1), 'list.info[0].Name=/dev/sda', 'list.info[0].State=Success'].join('\r\n'));
}

/** Channels are asked for from 1 and told from 0. */
function finderOf(query: URLSearchParams, { recordings, clock, now }: VendorParts): Finder | undefined {
  const channel = Number(query.get('condition.Channel')) - 1;
  const [from, to] = ['StartTime', 'EndTime'].map((name) => fromWallClock(query.get(`condition.${name}`) ?? '', clock));
  if (from === undefined || to === undefined || Number.isNaN(from + to) || query.get('condition.Types[0]') !== 'dav') return undefined;
  return { channel, files: filesOf(recordings[channel], { clock, now, from, to, fileMs }), given: 0 };
}

/** Channels are counted from 1 here. */
function played({ path, query }: { path: string; query: URLSearchParams }, { recordings, clock, now }: VendorParts): Moment | undefined {
  if (path !== '/cam/playback') return undefined;
  const recording = recordings[Number(query.get('channel')) - 1];
  const [from, to] = ['starttime', 'endtime'].map((name) => {
    const text = (query.get(name) ?? '').replace(/^(\d{4})_(\d\d)_(\d\d)_(\d\d)_(\d\d)_(\d\d)$/, '$1-$2-$3 $4:$5:$6');
    return fromWallClock(text, clock);
  });
  if (from === undefined || to === undefined) return undefined;
  return momentIn(filesOf(recording, { clock, now, from, to, fileMs }), { recording, from });
}

function itemLines(file: { from: number; to: number }, index: number, channel: number, { clock }: VendorParts): string[] {
  const fields = { Channel: channel, StartTime: wallClock(file.from, clock), EndTime: wallClock(file.to, clock), Type: 'dav' };
  return Object.entries(fields).map(([name, value]) => `items[${index}].${name}=${value}`);
}

const badRequest = text('Error\r\nBad Request!', 400);

function text(body: string, status = 200): HttpAnswer {
  return { status, headers: { 'content-type': 'text/plain;charset=utf-8' }, body: `${body}\r\n` };
}
