// Knows until when a server, this one or another on the same store, has listened and stored: only silence that somebody was there to hear counts.
import { type CanteenState, expectFrom, latestNow, shiftClock } from './compliance/state.ts';
import type { Held } from './stores/state-store.ts';

/** Now, and until when some server had been at work before. `moved`: none was meanwhile, or the clock was set. */
export interface Moment {
  at: number;
  last: number;
  moved: boolean;
}

export interface Attendance {
  /** Whether this server has ever been at work. */
  hasBegun(): boolean;
  /** As far as this server knows. */
  moment(at?: number): Moment;
  /** As all servers know: to be asked where every canteen is held, and nobody else can set clocks right. */
  momentHeld(held: Held): Moment;
  /** Whether that this server is at work at `at` has to be stored. */
  isDue(at: number): boolean;
  /** It was at work at `at`; `stored`: and others can know. */
  note(at: number, stored: boolean): void;
}

/** A clock that is corrected by less than this has not been set. */
const jitterMs = 1000;
/** How exactly the store remembers until when some server was at work. */
const storedEveryMs = 1000;

/**
 * Where nothing could be taken in for longer than `awayAfterMs`, the servers were away (asleep, blocked, without a disk). `alone`: no other server can have
 * been at work while this one was not, and when it starts all gateways have to come back first.
 */
export function createAttendance(deps: { awayAfterMs: number; alone: boolean; now: () => number }): Attendance {
  const { awayAfterMs, alone, now } = deps;
  let asOf: number | undefined;
  let storedAsOf: number | undefined;

  return {
    hasBegun: () => asOf !== undefined,
    moment: (at = now()) => after(asOf ?? at, at),
    momentHeld: ({ newer, attendedUntil }) => {
      if (asOf === undefined) {
        const stored = newer.map(({ state }) => (state === undefined ? 0 : latestNow(state)));
        const first = after(Math.max(attendedUntil ?? 0, ...stored), now());
        return { ...first, moved: alone || first.moved };
      }
      // Where another server has been at work meanwhile, or has set all clocks right, that counts.
      const others = attendedUntil !== undefined && attendedUntil !== storedAsOf;
      return after(others ? attendedUntil : asOf, now());
    },
    isDue: (at) => storedAsOf === undefined || Math.abs(at - storedAsOf) >= storedEveryMs,
    note: (at, stored) => {
      asOf = at;
      if (stored) storedAsOf = at;
    },
  };

  function after(last: number, read: number): Moment {
    const at = read < last && last - read < jitterMs ? last : read;
    return { at, last, moved: at < last || at - last > awayAfterMs };
  }
}

/** Time only goes forwards: where the clock shows less than before, it was set, and what was read off it moves along. */
export function asSeenAt(state: CanteenState, { at, last, moved }: Moment): CanteenState {
  if (!moved) return state;
  return expectFrom(at < last ? shiftClock(state, at - last) : state, at);
}
