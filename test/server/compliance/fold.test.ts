import { describe, expect, it } from 'vitest';
import { believed } from '../../../server/compliance/believed.ts';
import { fold } from '../../../server/compliance/fold.ts';
import { noFacts } from '../../../server/compliance/known-facts.ts';
import { newCanteen } from '../../../server/compliance/state.ts';
import { beat, layout, minute, noon, registered, sound, tell } from './canteen.ts';

const picture = (state: ReturnType<typeof sound>, now = noon) => believed(state, { device: 'hall-1', check: 'picture' }, now);
const position = (sequence: number, epoch = 'e1') => ({ position: { epoch, sequence } });

describe('folding facts', () => {
  it('never moves live state back when a backlog arrives after the present state', () => {
    const present = tell(registered(), 'hall-1', 'picture', { outcome: 'fault', fault: 'black', ...position(900) });
    expect(picture(tell(present, 'hall-1', 'picture', { at: noon + minute, ...position(500) }))).toMatchObject({ outcome: 'fault' });
    expect(picture(tell(present, 'hall-1', 'picture', { at: noon - minute, ...position(901) }))).toMatchObject({ outcome: 'ok' });
  });

  it('goes by the time of looking when the outbox began a new life', () => {
    const present = tell(registered(), 'hall-1', 'picture', { outcome: 'fault', fault: 'black', ...position(900) });
    expect(picture(tell(present, 'hall-1', 'picture', { at: noon - minute, ...position(1, 'e2') }))).toMatchObject({ outcome: 'fault' });
    expect(picture(tell(present, 'hall-1', 'picture', { at: noon + minute, ...position(1, 'e2') }))).toMatchObject({ outcome: 'ok' });
  });

  it('believes no fact longer than it lasts from its arrival, however fast the gateway’s clock', () => {
    const fast = tell(beat(registered(), noon, noon), 'hall-1', 'picture', { at: noon, lastsMs: minute });
    const ahead = fold(fast, { kind: 'event', event: eventAt(noon + 60 * minute, minute) }, noon);
    expect(fast.facts.get('hall-1')?.get('picture')?.believedUntil).toBe(noon + minute);
    expect(ahead.facts.get('hall-1')?.get('picture')?.believedUntil).toBe(noon + minute);
  });

  it('allows for a gateway clock that is known to be slow', () => {
    const slow = beat(registered(), noon, noon - 10 * minute);
    const told = fold(slow, { kind: 'event', event: eventAt(noon - 10 * minute, minute) }, noon);
    expect(told.facts.get('hall-1')?.get('picture')?.believedUntil).toBe(noon + minute);
  });

  it('remembers since when an outcome has been unknown, through silence and repeated unknowns', () => {
    const unknown = tell(registered(), 'hall-1', 'picture', { outcome: 'unknown', fault: 'busy', lastsMs: minute });
    const again = tell(beat(unknown, noon + 2 * minute), 'hall-1', 'picture', { outcome: 'unknown', fault: 'busy', at: noon + 3 * minute });
    expect(picture(again, noon + 3 * minute)).toMatchObject({ outcome: 'unknown', since: noon });
  });

  it('begins no new grace when a gateway tells the same layout again', () => {
    const again = registered();
    const later = fold(
      again,
      { kind: 'event', event: { ...eventAt(noon, minute), type: 'cn.mingzao.layout.v1', data: layout, sequence: 1e6 } },
      noon + minute,
    );
    expect(later.layout?.since).toBe(noon);
  });

  it('ignores the last will of a connection that has a successor', () => {
    const status = (online: boolean, since: number) => greeting(online, since, noon + minute);
    const back = fold(newCanteen('yingze-1', noon), status(true, noon + minute), noon + minute);
    expect(fold(back, status(false, noon), noon + minute).gateway.status?.online).toBe(true);
    expect(fold(back, status(false, noon + minute), noon + minute).gateway.status?.online).toBe(false);
  });

  it('forgets facts of devices that are no longer registered', () => {
    const removed = fold(
      sound(),
      {
        kind: 'event',
        event: {
          ...eventAt(noon, minute),
          type: 'cn.mingzao.layout.v1',
          data: { schemaVersion: 1, zones: [], cameras: [], recorders: [] },
          sequence: 1e6,
        },
      },
      noon,
    );
    expect(removed.facts).toEqual(noFacts);
  });
});

function greeting(online: boolean, since: number, at = since) {
  const status = { schemaVersion: 1, online, session: 's', since: new Date(since).toISOString(), version: '1' } as const;
  return { kind: 'status', status, at: new Date(at).toISOString() } as const;
}

function eventAt(at: number, lastsMs: number) {
  const data = {
    schemaVersion: 1,
    check: 'picture',
    device: 'hall-1',
    outcome: 'ok',
    observedAt: new Date(at).toISOString(),
    validUntil: new Date(at + lastsMs).toISOString(),
  } as const;
  return {
    specversion: '1.0',
    id: 'x',
    source: '/canteens/yingze-1',
    type: 'cn.mingzao.fact.v1',
    time: data.observedAt,
    datacontenttype: 'application/json',
    data,
    epoch: 'e1',
    sequence: 1e5,
  } as const;
}
