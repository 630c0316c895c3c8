// What comes out of the bytes of one message.
import { describe, expect, test } from 'vitest';
import { readMessage, readPicture } from '../../server/read-message.ts';
import { heartbeat, layout, loss, picture, pictureMessage, reachable, sha256, status, upMessage } from './ingest-messages.ts';

const hall = { id: 'hall', kind: 'dining', name: '就餐区' };
const camera = { id: 'nvr-1', name: '就餐区一号', zones: ['hall'] };
const recorder = { id: 'nvr-1', name: '录像机', cameras: ['nvr-1'] };
const twins = { schemaVersion: 1, zones: [hall], cameras: [camera], recorders: [recorder] };
const twinZones = { schemaVersion: 1, zones: [hall, { ...hall, kind: 'cooking' }], cameras: [], recorders: [] };
const reachableUntil = (validUntil: string) => reachable(1, { validUntil });

describe('reading a message', () => {
  test('gives one item for each event, the good ones beside the bad ones', () => {
    const bad = { ...reachable(2), data: { nothing: true } };
    const items = readMessage(upMessage('events', [reachable(1), bad, reachable(3)]));
    expect(items.map((item) => item.kind)).toEqual(['event', 'malformed', 'event']);
    expect(items[1]).toMatchObject({ position: { epoch: 'epoch-1', sequence: 2 } });
  });

  test('takes status and heartbeat', () => {
    expect(readMessage(upMessage('status', status(true)))).toMatchObject([{ kind: 'status', status: { online: true } }]);
    expect(readMessage(upMessage('heartbeat', heartbeat()))).toMatchObject([{ kind: 'heartbeat', heartbeat: { session: 's1' } }]);
  });

  test.each<[what: string, kind: 'events' | 'status' | 'heartbeat', body: unknown, reason: RegExp]>([
    ['bytes that are not JSON', 'events', Buffer.from([0xff, 0x00, 0x7b]), /^not JSON$/],
    ['an object in place of an array', 'events', reachable(1), /array of events/],
    ['an empty array', 'events', [], /empty/],
    ['an array of numbers', 'events', [1], /^type: found nothing, allowed: cn\.mingzao\.fact\.v1/],
    ['an unknown type', 'events', [{ ...reachable(1), type: 'cn.mingzao.gossip.v1' }], /gossip/],
    ['a type that names a property of every object', 'events', [{ ...reachable(1), type: 'constructor' }], /constructor/],
    ['an unknown key', 'events', [{ ...reachable(1), data: { ...reachable(1).data, extra: 1 } }], /unknown key "extra"/],
    ['a sequence below 1', 'events', [{ ...reachable(1), sequence: 0 }], /sequence: found 0/],
    ['a sequence too large to count on', 'events', [{ ...reachable(1), sequence: 1e300 }], /larger than/],
    ['a loss of what is yet to come', 'events', [loss(9, 1, 9)], /ends at 9, but what tells of it is itself the event 9/],
    ['a camera and a recorder of one id', 'events', [{ ...layout(1), data: twins }], /two devices have the id "nvr-1"/],
    ['two zones of one id', 'events', [{ ...layout(1), data: twinZones }], /two zones have the id "hall"/],
    ['a second that is none', 'events', [reachableUntil('2026-11-23T23:59:60Z')], /data\.validUntil: found/],
    ['a day that is none', 'events', [reachableUntil('2026-02-30T08:00:00Z')], /data\.validUntil: found/],
    ['an hour that is none', 'events', [reachableUntil('2026-11-23T24:00:00Z')], /data\.validUntil: found/],
    ['a month that is none', 'events', [reachableUntil('2026-13-01T08:00:00Z')], /data\.validUntil: found/],
    ['a time written with a blank', 'events', [reachableUntil('2026-11-23 08:02:00Z')], /data\.validUntil: found/],
    ['a loss that ends before it begins', 'events', [loss(9, 5, 4)], /ends \(4\) before it begins \(5\)/],
    ['a time without a zone', 'events', [{ ...reachable(1), time: '2026-11-23T08:00:00' }], /^time: found/],
    ['a status that is a heartbeat', 'status', heartbeat(), /type: found/],
    ['an empty status', 'status', Buffer.alloc(0), /not JSON/],
  ])('refuses %s with a reason', (_, kind, body, reason) => {
    const [item] = readMessage(upMessage(kind, body));
    expect(item).toMatchObject({ kind: 'malformed', reason: expect.stringMatching(reason) });
  });

  test('survives what is nested too deep to look at, and still knows which event it was', () => {
    const nested = `${'['.repeat(200_000)}${']'.repeat(200_000)}`;
    const deep = JSON.stringify([{ ...reachable(7), data: 'deep' }, reachable(8)]).replace('"deep"', nested);
    expect(readMessage(upMessage('events', deep))).toMatchObject([
      { kind: 'malformed', position: { epoch: 'epoch-1', sequence: 7 } },
      { kind: 'event', event: { sequence: 8 } },
    ]);
    expect(readMessage(upMessage('status', nested))).toMatchObject([{ kind: 'malformed' }]);
  });

  test('keeps no more than 4 KiB of what it refuses', () => {
    const [item] = readMessage(upMessage('events', `"${'灶'.repeat(100_000)}"`));
    expect(item?.kind === 'malformed' && Buffer.byteLength(item.payload)).toBeLessThanOrEqual(4100);
  });

  test.each<[what: string, bytes: Buffer, name: string | undefined, reason: RegExp]>([
    ['that is larger than 512 KiB', picture(512 * 1024 + 1), undefined, /^a picture of 524289 bytes; allowed: 524288$/],
    ['that is no JPEG', Buffer.from('GIF89a'), undefined, /^not a JPEG$/],
    ['that is empty', Buffer.alloc(0), undefined, /^not a JPEG$/],
    ['under the name of another', picture(100), 'a'.repeat(64), /^the SHA-256 of the picture is [0-9a-f]{64}, not what its topic says$/],
  ])('refuses a picture %s, and keeps none of it', (_, bytes, name, reason) => {
    expect(readPicture(pictureMessage(bytes, { name }))).toEqual({
      kind: 'malformed',
      reason: expect.stringMatching(reason),
      payload: '',
    });
  });

  test('takes a picture that is what its topic says', () => {
    const bytes = picture(512 * 1024);
    expect(readPicture(pictureMessage(bytes))).toEqual({ kind: 'picture', sha256: sha256(bytes), bytes });
  });
});
