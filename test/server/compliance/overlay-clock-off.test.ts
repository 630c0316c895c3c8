import { describe, expect, it } from 'vitest';
import type { OverlayClock } from '#contract/camera-measured.ts';
import { assess } from '../../../server/compliance/assess.ts';
import { identity, noon, sound, standard, tell } from './canteen.ts';

/** The gaps of a camera whose picture and whose clock are so many seconds off. */
function gapsOf(shownOff: number, clockOff: number) {
  const overlayClock: OverlayClock = {
    shown: '12:00:00',
    readAt: '2026-11-23T04:00:00.000Z',
    offsetSeconds: shownOff,
    uncertaintySeconds: 4,
  };
  const looked = tell(sound(), 'hall-1', 'stream', { measured: { overlayClock } });
  const state = tell(looked, 'hall-1', 'clock', { measured: { offsetSeconds: clockOff, uncertaintySeconds: 0.5 } });
  return assess({ canteen: identity, state, open: [], standard, now: noon }).open;
}

describe('the time written into a picture', () => {
  it('that the camera’s own clock does not show was written by another device, or is frozen', () => {
    const [gap, ...others] = gapsOf(-700, 0.4);
    expect(others).toEqual([]);
    expect(gap).toMatchObject({ rule: 'overlay-clock-off', device: 'hall-1', severity: 'minor', certainty: 'fault' });
    expect(gap?.measured).toEqual({ zh: '画面显示12:00:00，慢700秒', en: 'The picture shows 12:00:00, 700 s behind' });
    expect(gap?.cause.en).toContain('a recorder writes it, or the encoder is frozen');
  });

  it('that is as wrong as the camera’s clock is one fault, and one gap', () => {
    expect(gapsOf(122, 120).map(({ rule }) => rule)).toEqual(['clock-off']);
    expect(gapsOf(700, 120).map(({ rule }) => rule)).toEqual(['clock-off', 'overlay-clock-off']);
  });

  it('off by whole quarters of an hour is that of another time zone', () => {
    expect(gapsOf(-8 * 3600 + 3, 0).map(({ cause }) => cause.en)).toEqual(['The picture shows the time of another time zone']);
  });
});
