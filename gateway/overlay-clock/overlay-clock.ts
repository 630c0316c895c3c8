// How far the clock in one camera’s picture is off, told only once two looks agree; pure but for what it remembers.
import type { OverlayClock } from '#contract/camera-measured.ts';
import type { ShownTime } from './read-clock.ts';

/** Between which instants a picture was taken, milliseconds since 1970. */
export interface Taken {
  from: number;
  to: number;
}

/** People stand before the digits now and then: so long a reading counts all the same. */
const toldForMs = 3_600_000;
const daySeconds = 86_400;

export function createOverlayClock(timeZone: string) {
  let last: OverlayClock | undefined;
  let agreed: OverlayClock | undefined;
  return {
    /** What is to be told after a look that showed this time, or none that could be read. */
    note(shown: ShownTime | undefined, taken: Taken): OverlayClock | undefined {
      if (shown !== undefined) {
        const read = compare(shown, taken, timeZone);
        if (last !== undefined && agree(last, read)) agreed = read;
        last = read;
      }
      if (agreed !== undefined && taken.to - Date.parse(agreed.readAt) > toldForMs) agreed = undefined;
      return agreed;
    },
  };
}

/** The clock ran on as ours did, or, where picture or clock are frozen, not at all. */
function agree(a: OverlayClock, b: OverlayClock): boolean {
  return a.shown === b.shown || Math.abs(a.offsetSeconds - b.offsetSeconds) <= a.uncertaintySeconds + b.uncertaintySeconds;
}

export function compare({ text, secondsOfDay }: ShownTime, { from, to }: Taken, timeZone: string): OverlayClock {
  const middle = (from + to) / 2;
  // Whole seconds are shown: on average another half has passed.
  const ahead = secondsOfDay + 0.5 - localSecondsOfDay(middle, timeZone);
  return {
    shown: text,
    readAt: new Date(to).toISOString(),
    offsetSeconds: Math.round(10 * nearest(ahead, secondsOfDay)) / 10,
    uncertaintySeconds: Math.ceil((to - from) / 200 + 5) / 10,
  };
}

/** From what is shown the day cannot be told, nor, up to one o’clock, whether it is of twelve hours or of twenty-four. */
function nearest(ahead: number, secondsOfDay: number): number {
  const turn = secondsOfDay >= 3600 && secondsOfDay < 13 * 3600 ? daySeconds / 2 : daySeconds;
  return ahead - turn * Math.round(ahead / turn);
}

function localSecondsOfDay(at: number, timeZone: string): number {
  const parts = new Intl.DateTimeFormat('en-GB', { timeZone, timeStyle: 'medium' }).format(at);
  const [hours = 0, minutes = 0, seconds = 0] = parts.split(':').map(Number);
  return hours * 3600 + minutes * 60 + seconds + (at % 1000) / 1000;
}
