// What each check makes of what was seen, as a table.
import { describe, expect, test } from 'vitest';
import { validator } from '#config/validate.ts';
import type { StreamMeasured } from '#contract/camera-measured.ts';
import { Fact } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { FootageMeasured, StorageMeasured } from '#contract/footage.ts';
import type { AspectOutcome, PictureAspect, PictureAspects, PictureMeasured } from '#contract/picture.ts';
import { changed } from '../../gateway/checks/changed.ts';
import { judge } from '../../gateway/checks/index.ts';
import type { AccountObservation, EventsObservation, Observation, Seen } from '../../gateway/observation.ts';
import { unobserved } from '../../gateway/supervise/unobserved.ts';

const observed = { device: 'camera-1', at: '2026-11-23T08:00:00.000Z' };
const seen = <Value>(value: Value): Seen<Value> => ({ ok: true, value });
const missing = (fault: FaultCode): Seen<never> => ({ ok: false, fault, detail: 'why' });

const contact = seen({ roundTripMs: 12 });
const clock = seen({ offsetSeconds: 3600, uncertaintySeconds: 0.5 });
const identity = seen({ manufacturer: 'A', model: 'B', firmware: 'C', serial: 'D' });
const stream = seen({ codec: 'hevc', width: 1920, height: 1080, sampledSeconds: 4, via: 'media2' as const });
const footage = (complete: boolean): Seen<FootageMeasured> =>
  seen({ method: 'profile-g', complete, from: '2026-08-23T08:00:00.000Z', to: '2026-11-23T08:00:00.000Z', recordings: [] });

const contactWith = (parts: object): Observation => ({ ...observed, kind: 'contact', address: 'cam:80', contact, clock, ...parts });
const identityWith = (answer: Seen<never> | typeof identity): Observation => ({ ...observed, kind: 'identity', identity: answer });
const streamWith = (answer: Seen<StreamMeasured>): Observation => ({ ...observed, kind: 'stream', stream: answer });
const pictureWith = (answer: Seen<PictureMeasured>): Observation => ({ ...observed, kind: 'picture', picture: answer });

/** A picture that is right, but for the aspects told. */
function pictureWhere(told: Partial<Record<PictureAspect, [AspectOutcome, number]>>, about: Partial<PictureMeasured> = {}): Observation {
  const stands = (aspect: PictureAspect) => {
    const [outcome, samples] = told[aspect] ?? ['ok', 0];
    return { outcome, samples };
  };
  const aspects: PictureAspects = {
    black: stands('black'),
    covered: { ...stands('covered'), lumaSpread: 90 },
    frozen: { ...stands('frozen'), clock: 'runs', repeated: false },
    moved: { ...stands('moved'), reference: 'none' },
    blurred: stands('blurred'),
    'colour-cast': stands('colour-cast'),
  };
  return pictureWith(seen({ blackPercent: 3, meanLuma: 90, width: 1920, height: 1080, open: true, aspects, ...about }));
}
const footageWith = (answer: Seen<FootageMeasured>): Observation => ({ ...observed, kind: 'footage', footage: answer });

const storageWith = (...disks: StorageMeasured['disks']): Observation => ({
  ...observed,
  kind: 'storage',
  storage: seen({ method: 'hikvision-isapi', disks }),
});
const since = '2026-11-23T07:59:00.000Z';
const covered = (parts: Partial<EventsObservation['tamper'][number]>): EventsObservation['tamper'][number] => ({
  kind: 'covered',
  topic: 'Tamper',
  source: '1',
  active: false,
  at: since,
  stale: false,
  ...parts,
});
const input = { token: 'door', active: true, at: since, stale: false };
const untoldInputs = 'inputs: unknown not-supported';
const eventsWith = (parts: Partial<EventsObservation>): Observation => ({
  ...observed,
  kind: 'events',
  listening: seen(undefined),
  tamper: [],
  inputs: [],
  ...parts,
});
const accountWith = (account: AccountObservation['account']): Observation => ({ ...observed, kind: 'account', account });

const told = (observation: Observation) =>
  judge(observation, 33_000).map(({ check, outcome, fault }) =>
    fault === undefined ? `${check}: ${outcome}` : `${check}: ${outcome} ${fault}`,
  );

describe('what was seen becomes a fact', () => {
  test.each<[string, Observation, string[]]>([
    ['a device that answers, its clock an hour off', contactWith({}), ['reachable: ok', 'clock: ok']],
    [
      'a device that answers, but hides its clock',
      contactWith({ clock: missing('soap-fault') }),
      ['reachable: ok', 'clock: unknown soap-fault'],
    ],
    [
      'a device that does not answer',
      contactWith({ contact: missing('no-answer'), clock: missing('no-answer') }),
      ['reachable: fault no-answer', 'clock: unknown device-unreachable'],
    ],
    [
      'a question we could not even ask',
      contactWith({ contact: missing('internal'), clock: missing('internal') }),
      ['reachable: unknown internal', 'clock: unknown device-unreachable'],
    ],
    ['a device that says who it is', identityWith(identity), ['identity: ok']],
    ['another device', identityWith(missing('wrong-device')), ['identity: fault wrong-device']],
    ['another certificate', identityWith(missing('certificate')), ['identity: fault certificate']],
    ['a device that will not say who it is', identityWith(missing('credentials-refused')), ['identity: unknown credentials-refused']],
    ['a busy device', identityWith(missing('busy')), ['identity: unknown busy']],
    ['a stream that decodes', streamWith(stream), ['stream: ok']],
    ['a picture that is right', pictureWhere({}), ['picture: ok']],
    ['a camera nobody has set a reference for', pictureWhere({ moved: ['unknown', 0], blurred: ['unknown', 0] }), ['picture: ok']],
    ['a black picture', pictureWhere({ black: ['fault', 3], covered: ['unknown', 0] }), ['picture: fault black']],
    ['a picture black for the first time, which shows nothing', pictureWhere({ black: ['suspect', 1] }), ['picture: unknown black']],
    ['somebody before the lens', pictureWhere({ covered: ['suspect', 2] }), ['picture: unknown covered']],
    ['a picture that may be frozen, and was seen to live', pictureWhere({ frozen: ['suspect', 2] }), ['picture: ok']],
    ['a picture that may be moved, and was never seen right', pictureWhere({ moved: ['unknown', 1] }), ['picture: unknown moved']],
    ['two faults at once, by the graver one', pictureWhere({ blurred: ['fault', 4], moved: ['fault', 3] }), ['picture: fault moved']],
    ['darkness in a closed canteen', pictureWhere({ black: ['unknown', 0] }, { open: false }), ['picture: unknown closed']],
    [
      'a tinted picture that is dark besides, in a closed canteen',
      pictureWhere({ 'colour-cast': ['fault', 9], black: ['unknown', 0] }, { open: false }),
      ['picture: unknown closed'],
    ],
    [
      'a tinted picture before which somebody stands',
      pictureWhere({ 'colour-cast': ['fault', 9], covered: ['suspect', 1] }),
      ['picture: unknown covered'],
    ],
    ['a tinted picture', pictureWhere({ 'colour-cast': ['fault', 3] }), ['picture: fault colour-cast']],
    ['light in a closed canteen', pictureWhere({}, { open: false }), ['picture: ok']],
    [
      'a camera moved before the canteen closed',
      pictureWhere({ black: ['unknown', 0], moved: ['fault', 9] }, { open: false }),
      ['picture: fault moved'],
    ],
    ['a recorder that told everything', footageWith(footage(true)), ['footage: ok']],
    ['a recorder that told only some', footageWith(footage(false)), ['footage: unknown incomplete']],
    ['a recorder that keeps nothing', footageWith(missing('no-recordings')), ['footage: fault no-recordings']],
    ['a recorder with a sound disk', storageWith({ name: '1', state: 'ok' }), ['storage: ok']],
    [
      'a recorder with a broken disk among others',
      storageWith({ name: '1', state: 'ok' }, { name: '2', state: 'unknown' }, { name: '3', state: 'fault' }),
      ['storage: fault disk-fault'],
    ],
    [
      'a recorder with a disk nobody understands',
      storageWith({ name: '1', state: 'ok' }, { name: '2', state: 'unknown' }),
      ['storage: unknown incomplete'],
    ],
    ['a recorder that only tells its limit', storageWith(), ['storage: unknown not-supported']],
    ['a camera that says it is covered', eventsWith({ tamper: [covered({ active: true })] }), ['tamper: fault tampered', untoldInputs]],
    ['a camera that says it is not', eventsWith({ tamper: [covered({})] }), ['tamper: ok', untoldInputs]],
    [
      'a camera that said so before the line broke',
      eventsWith({ tamper: [covered({ active: true, stale: true })] }),
      ['tamper: unknown incomplete', untoldInputs],
    ],
    ['a camera that only says it is dark', eventsWith({ tamper: [covered({ kind: 'dark', active: true })] }), ['tamper: ok', untoldInputs]],
    ['a camera that tells nothing', eventsWith({}), ['tamper: unknown not-supported', untoldInputs]],
    [
      'a camera no longer heard',
      eventsWith({ listening: missing('no-answer') }),
      ['tamper: unknown no-answer', 'inputs: unknown no-answer'],
    ],
    ['an input that is on', eventsWith({ inputs: [input] }), ['tamper: unknown not-supported', 'inputs: ok']],
    ['an account that may delete', accountWith(seen({ level: 'administrator', mayDelete: true })), ['account: ok']],
    ['an account nobody tells of', accountWith(missing('not-supported')), ['account: unknown not-supported']],
    ['a recorder too slow to tell', footageWith(missing('too-slow')), ['footage: unknown too-slow']],
  ])('%s', (_, observation, facts) => expect(told(observation)).toEqual(facts));
});

describe('a stream that cannot be seen', () => {
  const sampleMissing = (fault: FaultCode) => [...told(streamWith(missing(fault))), ...told(pictureWith(missing(fault)))];
  const wrong: FaultCode[] = ['no-stream', 'does-not-decode', 'stalled', 'refused', 'credentials-refused', 'wrong-device', 'certificate'];
  test.each(wrong)('is a fault where that is what is wrong with it (%s)', (fault) => {
    expect(sampleMissing(fault)).toEqual([`stream: fault ${fault}`, `picture: unknown ${fault}`]);
  });

  const unclear: FaultCode[] = ['no-answer', 'too-slow', 'busy', 'locked', 'soap-fault', 'device-unreachable', 'internal'];
  test.each(unclear)('is unknown where it may well be in order (%s)', (fault) => {
    expect(sampleMissing(fault)).toEqual([`stream: unknown ${fault}`, `picture: unknown ${fault}`]);
  });
});

test.each(['contact', 'identity', 'stream', 'picture', 'footage', 'storage', 'playback'] as const)(
  'facts of an unmade %s observation are of the contract, however long the detail',
  (kind) => {
    const about = {
      device: 'camera-1',
      at: Date.parse(observed.at),
      address: 'cam:80',
      fault: 'internal' as const,
      detail: 'x'.repeat(1000),
    };
    const check = validator(Fact);
    for (const fact of judge(unobserved(kind, about), 33_000)) {
      expect(check(fact)).toMatchObject({ ok: true });
      expect(fact.outcome).toBe('unknown');
    }
  },
);

test('a fact may be believed for as long as was asked, from when it was seen', () => {
  expect(judge(contactWith({}), 33_000)[0]).toMatchObject({ observedAt: observed.at, validUntil: '2026-11-23T08:00:33.000Z' });
});

describe('a new fact is worth telling', () => {
  const change = (before: Observation, after: Observation) =>
    judge(before, 1000).map((fact, index) => changed(fact, judge(after, 1000)[index] ?? fact));
  const clockAt = (offsetSeconds: number) => contactWith({ clock: seen({ offsetSeconds, uncertaintySeconds: 0.5 }) });
  const streamAt = (framesPerSecond: number) =>
    streamWith(seen({ codec: 'h264', width: 1920, height: 1080, sampledSeconds: 4, via: 'media2', framesPerSecond }));
  const [one, other] = ['a'.repeat(64), 'b'.repeat(64)];
  test.each<[string, Observation, Observation, boolean[]]>([
    ['not where nothing differs', contactWith({}), contactWith({}), [false, false]],
    ['not where only the round trip differs', contactWith({}), contactWith({ contact: seen({ roundTripMs: 90 }) }), [false, false]],
    ['where the device has moved', contactWith({}), contactWith({ address: 'cam:8080' }), [true, false]],
    ['not where the clock differs by noise', clockAt(0.2), clockAt(-0.3), [false, false]],
    ['where the clock moved by a second', clockAt(0), clockAt(1), [false, true]],
    ['where the reason differs', identityWith(missing('busy')), identityWith(missing('locked')), [true]],
    [
      'where the firmware differs',
      identityWith(identity),
      identityWith(seen({ ...identity, manufacturer: 'A', model: 'B', firmware: 'C2', serial: 'D' })),
      [true],
    ],
    ['where something is measured for the first time', identityWith(missing('busy')), identityWith(identity), [true]],
    ['not where the frame rate wavers', streamAt(24.6), streamAt(25.2), [false]],
    ['where the frame rate has fallen', streamAt(25), streamAt(12), [true]],
    ['not where the picture gets a little darker', pictureWhere({}), pictureWhere({}, { blackPercent: 9, meanLuma: 70 }), [false]],
    ['where the picture gets much darker', pictureWhere({}), pictureWhere({}, { blackPercent: 60 }), [true]],
    ['where a suspicion arises', pictureWhere({}), pictureWhere({ blurred: ['suspect', 1] }), [true]],
    ['not where it grows', pictureWhere({ blurred: ['fault', 3] }), pictureWhere({ blurred: ['fault', 4] }), [false]],
    ['where another picture was kept', pictureWhere({}, { jpeg: one }), pictureWhere({}, { jpeg: other }), [true]],
  ])('%s', (_, before, after, worth) => expect(change(before, after)).toEqual(worth));
});
