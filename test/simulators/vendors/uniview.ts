// The LAPI of Uniview recorders: JSON, times in seconds since 1970, pages by offset, and status 599 for whatever a firmware does not know.
import type { HttpAnswer } from '../onvif/delivery.ts';
import type { PageAsked } from '../onvif/http-device.ts';
import { filesOf, type Moment, momentIn, type Vendor, type VendorParts } from './vendor.ts';

/** Fewer than a client may ask for. */
const pageMax = 16;
const fileMs = 3_600_000;

export const uniview: Vendor = { manufacturer: 'UNIVIEW', model: 'NVR302-SIM', pages, played };

function pages(parts: VendorParts) {
  return (path: string) => {
    if (!path.startsWith('/LAPI/')) return undefined;
    if (path === '/LAPI/V1.0/Channels/System/ChannelDetailInfos') return () => succeeded(channelInfos(parts));
    if (path === '/LAPI/V1.0/Storage/Containers/DetailInfos') return () => succeeded(containers(parts));
    const channel = /^\/LAPI\/V1\.0\/Channels\/(\d+)\/Media\/Video\/Streams\/0\/Records$/.exec(path)?.[1];
    return channel === undefined ? () => failed : (asked: PageAsked) => succeeded(records(Number(channel), asked.query, parts));
  };
}

function channelInfos({ recordings }: VendorParts): object {
  const infos = recordings.map(({ channel }, index) => ({ ID: index + 1, Name: channel.name, Status: 1 }));
  return { Nums: infos.length, DetailInfos: infos };
}

/** Sizes in megabytes; the second slot is empty. */
function containers({ disk, faults }: VendorParts): object {
  const size = (gigabytes: number) => Math.floor((gigabytes * 1000) / 1.048576);
  const slot = { Property: 0, FormatProgress: 0, GroupID: 1, Manufacturer: 'SIM' };
  const { capacityGigabytes, freeGigabytes } = disk;
  const status = faults.has('disk-broken') ? 5 : 3;
  const used = { ID: 1, Status: status, TotalCapacity: size(capacityGigabytes), RemainCapacity: size(freeGigabytes), ...slot };
  return {
    LocalHDDNum: 2,
    LocalHDDList: [used, { ID: 2, Status: 0, TotalCapacity: 0, RemainCapacity: 0, ...slot }],
    NASNum: 0,
    NASList: [],
  };
}

function records(channel: number, query: URLSearchParams, { recordings, faults, clock, now }: VendorParts): object {
  const number = (name: string) => Number(query.get(name) ?? 0);
  const seconds = { from: number('Begin'), to: number('End') };
  const span = { from: seconds.from * 1000, to: seconds.to * 1000 };
  const files = filesOf(recordings[channel - 1], { clock, now, ...span, fileMs });
  const start = faults.has('footage-truncated') ? 0 : number('Offset');
  const page = files.slice(start, start + Math.min(number('Limit'), pageMax));
  const infos = page.map(({ from, to }) => ({ Begin: Math.floor(from / 1000), End: Math.floor(to / 1000), Type: 0 }));
  return { Nums: infos.length, RecordInfos: infos };
}

/** `/c1/b<seconds since 1970>/e<the same>/replay/`. */
function played({ path }: { path: string }, { recordings, clock, now }: VendorParts): Moment | undefined {
  const [channel, from, to] = (/^\/c(\d+)\/b(\d+)\/e(\d+)\/replay\/?$/.exec(path)?.slice(1) ?? []).map(Number);
  if (channel === undefined || from === undefined || to === undefined) return undefined;
  const recording = recordings[channel - 1];
  return momentIn(filesOf(recording, { clock, now, from: from * 1000, to: to * 1000, fileMs }), { recording, from: from * 1000 });
}

function succeeded(data: object): HttpAnswer {
  return json(200, { ResponseCode: 0, ResponseString: 'Succeed', StatusCode: 0, Data: data });
}

const failed = json(599, { ResponseCode: 1, ResponseString: 'Common Error', StatusCode: 1, Data: 'null' });

function json(status: number, response: object): HttpAnswer {
  return { status, headers: { 'content-type': 'application/json' }, body: JSON.stringify({ Response: response }) };
}
