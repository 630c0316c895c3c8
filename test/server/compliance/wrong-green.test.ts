// Whatever is told, however and when, a canteen is green only while everything asked of it is shown, and no gap goes away unproven.
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { CheckName, FactOf } from '#contract/facts.ts';
import type { FootageDay } from '#contract/footage.ts';
import type { Gap } from '#contract/gaps.ts';
import type { Layout } from '#contract/layout.ts';
import { assess } from '../../../server/compliance/assess.ts';
import { fold } from '../../../server/compliance/fold.ts';
import { allFacts } from '../../../server/compliance/known-facts.ts';
import { type CanteenState, expectFrom, type Input, newCanteen, shiftClock } from '../../../server/compliance/state.ts';
import { beat, footage, heardAgain, identity, layout, minute, noon, registered, sound, standard, tell } from './canteen.ts';

const look = (state: CanteenState, open: Gap[] = [], now = noon) => assess({ canteen: identity, state, open, standard, now });
const named = (gaps: Gap[]) => gaps.map((gap) => [gap.rule, gap.zone ?? gap.device ?? '', gap.certainty].filter(Boolean).join(' '));
const day = 1440 * minute;

describe('a fact', () => {
  it('that says it may be believed for a hundred years is believed no longer than any sound gateway asks for', () => {
    const state = tell(sound(), 'hall-1', 'picture', { lastsMs: 36_500 * day });
    expect(look(beat(state, noon + 240 * minute + 1), [], noon + 240 * minute + 1).summary.verdict).toBe('unknown');
    expect(state.facts.get('hall-1')?.get('picture')?.believedUntil).toBe(noon + 240 * minute);
  });

  it('seen ten days ago is not believed for saying that it lasts ten days more', () => {
    const state = tell(sound(), 'hall-1', 'picture', { at: noon - 10 * day, lastsMs: 20 * day, arrivedAt: noon });
    expect(look(state).summary.verdict).toBe('unknown');
  });

  it.each(['reachable', 'clock', 'stream', 'picture'] as const)(
    'that calls %s well without saying what was measured shows nothing',
    (check) => {
      const state = tell(sound(), 'hall-1', check, { measured: 'nothing' });
      expect(look(state).summary.verdict).toBe('unknown');
    },
  );

  it('that ends before it begins, or at no time at all, shows nothing', () => {
    expect(look(tell(sound(), 'hall-1', 'picture', { lastsMs: -minute })).summary.verdict).toBe('unknown');
    expect(look(tell(sound(), 'hall-1', 'picture', { lastsMs: 0, validUntil: '2026-11-23T23:59:60Z' })).summary.verdict).toBe('unknown');
  });

  it('from a clock that ran a century ahead does not stand above all later ones once the outbox began a new life', () => {
    const ahead = tell(sound(), 'hall-1', 'picture', {
      at: noon + 36_500 * day,
      arrivedAt: noon,
      position: { epoch: 'e1', sequence: 1e6 },
    });
    const later = noon + minute;
    const black = tell(ahead, 'hall-1', 'picture', { outcome: 'fault', fault: 'black', at: later, position: { epoch: 'e2', sequence: 1 } });
    expect(look(black, [], later).summary.verdict).toBe('fault');
  });

  it('of a device nobody registered changes no verdict', () => {
    const empty = beat(registered({ schemaVersion: 1, zones: [], cameras: [], recorders: [] }));
    expect(look(tell(empty, 'hall-1', 'picture')).summary).toMatchObject({ verdict: 'fault', cameras: { total: 0, healthy: 0 } });
  });

  it('of one invented device after the other is not remembered without end', () => {
    const { facts } = sound();
    const invented = Array.from({ length: 8192 }, (_, index) => [`d${index}`, facts.get('hall-1') ?? new Map()] as const);
    const state = tell({ ...sound(), facts: new Map([...facts, ...invented]) }, 'one-more', 'clock');
    expect(state.facts.get('one-more')?.get('clock')).toBeUndefined();
    expect(tell(state, 'hall-1', 'picture', { outcome: 'fault', fault: 'black' }).facts.get('hall-1')?.get('picture')?.fact.outcome).toBe(
      'fault',
    );
  });

  it('that came before the removal of its device, but arrives after it, is passed over', () => {
    const without: Layout = { ...layout, cameras: layout.cameras.filter(({ id }) => id !== 'hall-1') };
    const state = fold(sound(), layoutEvent(without, 1e7), noon);
    expect(
      tell(state, 'hall-1', 'picture', { position: { epoch: 'e1', sequence: 1e7 - 1 } })
        .facts.get('hall-1')
        ?.get('picture'),
    ).toBeUndefined();
  });
});

describe('another device at the address', () => {
  it('is not forgotten because nobody has looked again', () => {
    const stranger = tell(sound(), 'hall-1', 'identity', { outcome: 'fault', fault: 'wrong-device', lastsMs: minute });
    const opened = look(stranger).open;
    const later = look(beat(stranger, noon + 2 * minute), opened, noon + 2 * minute);
    expect(later.summary.verdict).toBe('unknown');
    expect(later.open.map(({ id }) => id)).toEqual(opened.map(({ id }) => id));
  });

  it.each<[string, Parameters<typeof tell<'identity'>>[3]]>([
    ['it was unplugged for a while', { outcome: 'unknown', fault: 'device-unreachable' }],
    ['it said nothing of itself', { measured: 'nothing' }],
  ])('is not taken for the right one because %s', (_, told) => {
    const at = noon + minute;
    const stranger = tell(sound(), 'hall-1', 'identity', { outcome: 'fault', fault: 'wrong-device' });
    const opened = look(stranger).open;
    const gone = tell(tell(stranger, 'hall-1', 'identity', { ...told, at }), 'hall-1', 'reachable', {
      outcome: 'fault',
      fault: 'no-answer',
      at,
    });
    const back = look(tell(beat(gone, at), 'hall-1', 'reachable', { at }), look(gone, opened, at).open, at);
    expect(back.summary.verdict).toBe('fault');
    expect(back.open.map(({ id }) => id)).toEqual(opened.map(({ id }) => id));
    const right = tell(beat(gone, at), 'hall-1', 'identity', { at });
    expect(look(tell(right, 'hall-1', 'reachable', { at }), opened, at)).toMatchObject({ open: [], summary: { verdict: 'ok' } });
  });

  it('is known also where it was seen before, but told after, nobody could be asked', () => {
    const unasked = tell(sound(), 'hall-1', 'identity', { outcome: 'unknown', fault: 'busy', position: { epoch: 'e1', sequence: 1e7 } });
    const told = { outcome: 'fault', fault: 'wrong-device', position: { epoch: 'e1', sequence: 1e7 - 1 } } as const;
    expect(look(tell(unasked, 'hall-1', 'identity', told)).summary.verdict).toBe('fault');
  });
});

describe('a zone', () => {
  const twoKitchens: Layout = {
    ...layout,
    zones: [...layout.zones, { id: 'kitchen-b', kind: 'cooking', name: '凉菜间' }],
    plan: { zones: (layout.plan?.zones ?? []).flatMap((zone) => (zone.id === 'kitchen' ? [zone, { ...zone, id: 'kitchen-b' }] : [zone])) },
  };

  it('is not watched where one of its two rooms is not', () => {
    const { open, summary } = look(sound(twoKitchens));
    expect(named(open)).toEqual(['zone-without-healthy-camera cooking fault']);
    expect(open[0]?.cause.zh).toBe('凉菜间：没有登记摄像头');
    expect(open[0]?.fix.zh).toContain('加装摄像头');
    expect(summary.verdict).toBe('fault');
  });

  it('is watched where one camera sees both rooms', () => {
    const cameras = layout.cameras.map((camera) => (camera.id === 'kitchen-1' ? { ...camera, zones: ['kitchen', 'kitchen-b'] } : camera));
    expect(look(sound({ ...twoKitchens, cameras })).summary.verdict).toBe('ok');
  });

  it('has been unproven since the first of what its camera has to show was, however often the rest comes and goes', () => {
    let state = tell(sound(), 'hall-1', 'stream', { outcome: 'unknown', fault: 'busy' });
    const later = noon + standard.unknownGraceSeconds * 1000;
    state = tell(beat(state, later), 'hall-1', 'picture', { outcome: 'unknown', fault: 'busy', at: later });
    expect(named(look(state, [], later).open)).toContain('zone-without-healthy-camera dining unknown');
  });

  it('gains nothing from a camera that is registered in no zone, or in one that is not there', () => {
    const cameras = layout.cameras.map((camera) => (camera.id === 'wash-1' ? { ...camera, zones: ['nowhere'] } : camera));
    expect(named(look(sound({ ...layout, cameras })).open)).toEqual(['zone-without-healthy-camera cleaning fault']);
  });
});

describe('retention', () => {
  const told = (recordings: ReturnType<typeof footage>['recordings']) => tell(sound(), 'nvr', 'footage', { measured: { recordings } });
  const days = (change: (days: FootageDay[]) => FootageDay[]) =>
    told(footage(95).recordings.map((recording) => ({ ...recording, days: change(recording.days) })));

  it.each<[string, CanteenState]>([
    [
      'whole days that do not follow one another',
      days((list) =>
        list.map((one, index) => ({ ...one, day: new Date(noon - (list.length - 1 - index) * 10 * day).toISOString().slice(0, 10) })),
      ),
    ],
    ['the same day told ninety times', days((list) => list.map((one) => ({ ...one, day: '2026-11-23' })))],
    [
      'days that ended a month ago',
      days((list) => list.map((one) => ({ ...one, day: new Date(Date.parse(one.day) - 30 * day).toISOString().slice(0, 10) }))),
    ],
    ['days nothing was expected of', days((list) => list.map((one) => ({ ...one, recordedSeconds: 0, expectedSeconds: 0 })))],
    ['days of which one was not told of', days((list) => list.map((one, index) => (index === 40 ? { ...one, state: 'unknown' } : one)))],
    ['fewer days than the standard asks for, all of them there', days((list) => list.slice(-60))],
  ])('is not proven by %s', (_, state) => {
    expect(look(state)).toMatchObject({ open: [], summary: { verdict: 'unknown' } });
    const later = noon + standard.unknownGraceSeconds * 1000;
    expect(named(look(beat(state, later), [], later).open)).toContain('retention-short nvr unknown');
  });

  it('is short, not unproven, where a day is missing among those that were asked for', () => {
    expect(
      named(look(days((list) => list.slice(-60).map((one, index) => (index === 30 ? { ...one, recordedSeconds: 0 } : one)))).open),
    ).toEqual(['retention-short nvr fault']);
  });

  it('does not count the part of a day at which asking began', () => {
    const cut = (count: number) =>
      days((list) =>
        list.slice(-count).map((one, index) => (index === 0 ? { ...one, recordedSeconds: 3600, expectedSeconds: 3600 } : one)),
      );
    expect(look(cut(92)).summary.verdict).toBe('ok');
    expect(look(cut(91)).summary.verdict).toBe('unknown');
  });

  const twoRecorders: Layout = { ...layout, recorders: [...layout.recorders, { id: 'old', name: '旧录像机', cameras: ['hall-1'] }] };
  const both = (older: number, newer: number) =>
    tell(tell(sound(twoRecorders), 'old', 'footage', { measured: footage(older) }), 'nvr', 'footage', { measured: footage(newer) });

  it('of a camera that two recorders keep is met by the one that keeps it long enough', () => {
    expect(named(look(both(41, 95)).open)).toEqual([]);
    expect(named(look(both(41, 41)).open)).toEqual(['retention-short nvr fault', 'retention-short old fault']);
    expect(named(look(tell(both(41, 95), 'nvr', 'reachable', { outcome: 'fault', fault: 'refused' })).open)).toContain(
      'retention-short old fault',
    );
  });

  it('met by another recorder does not explain away one that lists nothing and plays nothing back', () => {
    const untold = tell(both(95, 95), 'old', 'footage', { outcome: 'unknown', fault: 'busy', measured: 'nothing' });
    const state = tell(untold, 'old', 'playback', { outcome: 'unknown', fault: 'not-supported', measured: 'nothing' });
    const later = noon + standard.unknownGraceSeconds * 1000;
    expect(named(look(beat(state, later), [], later).open)).toContain('playback-not-offered old unknown');
  });

  it('asks nothing of a recorder whose cameras have all left', () => {
    const left: Layout = { ...layout, recorders: [...layout.recorders, { id: 'old', name: '旧录像机', cameras: ['gone-1'] }] };
    expect(named(look(tell(sound(left), 'old', 'footage', { outcome: 'fault', fault: 'no-recordings' })).open)).toEqual([]);
  });
});

describe('after silence', () => {
  it('what lapsed meanwhile has the standard’s grace to be shown again before it is a gap', () => {
    const back = noon + 600 * minute;
    const state = heardAgain(sound(), back);
    expect(look(state, [], back)).toMatchObject({ open: [], summary: { verdict: 'unknown' } });
    const due = back + standard.unknownGraceSeconds * 1000;
    expect(look(beat(state, due), [], due).open.length).toBeGreaterThan(0);
  });

  it('a gateway that speaks for the first time has the same grace to tell its cameras', () => {
    const first = noon + 10 * day;
    expect(look(heardAgain(newCanteen('yingze-1', noon), first), [], first).open).toEqual([]);
  });

  it('no restart of the server closes the gap of a gateway that is still silent', () => {
    const silentAt = noon + 10 * minute;
    const before = look(sound(), [], silentAt).open;
    expect(named(before)).toEqual(['gateway-silent fault']);
    const restarted = look(expectFrom(sound(), silentAt), before, silentAt);
    expect(restarted.open.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect(restarted.summary).toMatchObject({ verdict: 'unknown', staleAt: null });
    const later = silentAt + 91_000;
    expect(look(expectFrom(sound(), silentAt), restarted.open, later).open.map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  });
});

test('a clock set back makes nothing live longer', () => {
  const state = shiftClock(sound(), -10 * day);
  expect(look(state, [], noon - 10 * day).summary.verdict).toBe('ok');
  expect(look(state, [], noon - 10 * day + 91_000).summary.verdict).toBe('unknown');
  expect(look(beat(state, noon - 10 * day + 61 * minute), [], noon - 10 * day + 61 * minute).summary.verdict).toBe('unknown');
});

const required: [device: string, check: CheckName][] = [
  ...layout.cameras.flatMap(({ id }) =>
    (['reachable', 'clock', 'stream', 'picture'] as const).map((check): [string, CheckName] => [id, check]),
  ),
  ...(['reachable', 'clock', 'footage', 'playback'] as const).map((check): [string, CheckName] => ['nvr', check]),
];

interface Told {
  after: number;
  device: string;
  check: CheckName;
  outcome: 'ok' | 'fault' | 'unknown';
  lastsMs: number;
  clockAheadMs: number;
}

const anything: fc.Arbitrary<Told | { after: number; beat: true } | { after: number }> = fc.oneof(
  fc
    .record({
      after: fc.integer({ min: 0, max: 20_000 }),
      about: fc.constantFrom(...required),
      outcome: fc.constantFrom('ok' as const, 'ok' as const, 'ok' as const, 'fault' as const, 'unknown' as const),
      lastsMs: fc.integer({ min: -minute, max: 10 * minute }),
      clockAheadMs: fc.constantFrom(0, 0, day, -day),
    })
    .map(({ about: [device, check], ...rest }) => ({ ...rest, device, check })),
  fc.record({ after: fc.integer({ min: 0, max: 60_000 }), beat: fc.constant(true as const) }),
  fc.record({ after: fc.integer({ min: 0, max: 5 * minute }) }),
);

test('no sequence of facts and silences is ever green while something required is missing, past its time or at fault, nor gives one gap two ids', () => {
  let greens = 0;
  fc.assert(
    fc.property(fc.array(anything, { maxLength: 40 }), (steps) => {
      let state = sound();
      let open: Gap[] = [];
      let now = noon;
      const shown = new Map(required.map(([device, check]) => [`${device}/${check}`, { outcome: 'ok', until: noon + 60 * minute }]));
      let heardAt = noon;
      for (const step of steps) {
        now += step.after;
        if ('check' in step) {
          const { device, check, outcome, lastsMs, clockAheadMs } = step;
          state = tell(state, device, check, {
            outcome,
            at: now + clockAheadMs,
            arrivedAt: now,
            lastsMs,
            ...(outcome === 'ok' ? {} : { fault: 'busy' }),
          });
          shown.set(`${device}/${check}`, { outcome, until: now + lastsMs });
        } else if ('beat' in step) state = heardAgain(state, now);
        if ('check' in step || 'beat' in step) heardAt = now;

        const before = new Map(open.map((gap) => [`${gap.rule}/${gap.zone}/${gap.device}`, gap.id]));
        const { summary, ...gaps } = look(state, open, now);
        open = gaps.open;
        const provable = [...shown.values()].every(({ outcome, until }) => outcome === 'ok' && now <= until) && now - heardAt <= 90_000;
        if (!provable) expect(summary.verdict).not.toBe('ok');
        if (summary.verdict === 'ok') greens += 1;
        if (summary.verdict === 'ok') expect(open).toEqual([]);
        for (const gap of open) expect(before.get(`${gap.rule}/${gap.zone}/${gap.device}`) ?? gap.id).toBe(gap.id);
        expect(new Set(open.map(({ id }) => id)).size).toBe(open.length);
      }
    }),
    { numRuns: 300 },
  );
  expect(greens).toBeGreaterThan(100);
});

test('telling it in another order, or twice, comes to the same in the end', () => {
  const facts = required.flatMap(([device, check]) => [0, 1, 2].map((turn) => ({ device, check, turn })));
  const inputs: Input[] = [
    layoutEvent({ ...layout, cameras: layout.cameras.slice(0, 2) }, 1),
    layoutEvent(layout, 2),
    ...facts.map(({ device, check, turn }, index) => factEvent(device, check, turn, index + 3)),
    layoutEvent({ ...layout, cameras: layout.cameras.slice(1) }, facts.length + 3),
  ];
  const start = beat(newCanteen('yingze-1', noon));
  const foldAll = (some: Input[]) => some.reduce((state, input) => fold(state, input, noon), start);
  const inOrder = foldAll(inputs);
  expect(allFacts(inOrder.facts)).toHaveLength(required.length - 4);
  fc.assert(
    fc.property(fc.shuffledSubarray(inputs, { minLength: inputs.length }), fc.subarray(inputs), (shuffled, again) => {
      const state = foldAll([...shuffled, ...again]);
      expect(state.facts).toEqual(inOrder.facts);
      expect(state.layout?.layout).toEqual(inOrder.layout?.layout);
    }),
    { numRuns: 100 },
  );
});

function factEvent<Name extends CheckName>(device: string, check: Name, turn: number, sequence: number): Input {
  const { facts } = tell(registered(), device, check, { outcome: turn === 1 ? 'fault' : 'ok', at: noon + turn * 1000 });
  const known = facts.get(device)?.get(check);
  return event('cn.mingzao.fact.v1', known?.fact as FactOf<Name>, sequence);
}

function layoutEvent(data: Layout, sequence: number): Input {
  return event('cn.mingzao.layout.v1', data, sequence);
}

function event(type: string, data: object, sequence: number): Input {
  const attributes = { specversion: '1.0', id: `${sequence}`, source: '/canteens/yingze-1', time: new Date(noon).toISOString() };
  return { kind: 'event', event: { ...attributes, type, datacontenttype: 'application/json', data, epoch: 'e1', sequence } } as Input;
}
