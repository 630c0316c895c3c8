// What one recorder was known to hold, day by day: what its answers come to, and what of them still counts; pure.
import { type Static, Type } from 'typebox';
import type { FootageAnswer, Held } from '../recorders/footage-source.ts';
import { clip, daysOf, duration, merge, type Stretch, without } from '../recorders/spans.ts';

const closed = { additionalProperties: false };
const Milliseconds = Type.Number({ description: 'since 1970, by our clock' });
const Stretches = Type.Array(Type.Object({ from: Milliseconds, to: Milliseconds }, closed));

const LedgerDay = Type.Object(
  {
    from: Milliseconds,
    to: Type.Number({ description: 'as far as it was asked: the end of the day, but for the present one' }),
    footage: Stretches,
    complete: Type.Boolean(),
    refused: Type.Optional(Type.Boolean({ description: 'the recorder refused the question, which may mean that there is nothing' })),
    aheadMs: Type.Number({ description: 'how far ahead the recorder’s clock was when it was asked' }),
    askedAt: Milliseconds,
    played: Type.Optional(Type.Boolean({ description: 'something of it was played back' })),
    lost: Type.Optional({ ...Stretches, description: 'footage that was there once, and is no more' }),
  },
  closed,
);
export type LedgerDay = Static<typeof LedgerDay>;

const LedgerRecording = Type.Object({ camera: Type.Optional(Type.String()), days: Type.Record(Type.String(), LedgerDay) }, closed);

/** `recordings` by the way they were told and their token, which differ between ways: see `ledgerKey`. */
export const DeviceLedger = Type.Object(
  { schemaVersion: Type.Literal(1), utcOffsetMinutes: Type.Number(), recordings: Type.Record(Type.String(), LedgerRecording) },
  closed,
);
export type DeviceLedger = Static<typeof DeviceLedger>;

export function emptyLedger(utcOffsetMinutes: number): DeviceLedger {
  return { schemaVersion: 1, utcOffsetMinutes, recordings: {} };
}

export function ledgerKey(method: string, recording: string): string {
  return `${method}/${recording}`;
}

/** Clocks drift, and are put right by seconds; one off by more than this since a day was asked for has jumped, and moved that day with it. */
const jumpMs = 30_000;
/** Every day has its turn again within a day or two: what could not be asked for anew for this long is not known any more. */
const believedMs = 7 * 86_400_000;

/** Whether what was told of the day still counts. */
export function isTold({ complete, aheadMs, askedAt }: LedgerDay, now: { aheadMs: number; at: number }): boolean {
  return complete && Math.abs(aheadMs - now.aheadMs) <= jumpMs && now.at - askedAt <= believedMs;
}

const dayMs = 86_400_000;
/** Longer than anyone may ask for. */
const rememberedMs = 450 * dayMs;

/** The ledger with one more answer in it. `windows` is what was asked; in another time zone the days are other days. */
export function noted(
  before: DeviceLedger,
  answer: FootageAnswer,
  { windows, at }: { windows: readonly Stretch[]; at: number },
): DeviceLedger {
  const { method, utcOffsetMinutes } = answer;
  const known = before.utcOffsetMinutes === utcOffsetMinutes ? before : emptyLedger(utcOffsetMinutes);
  const recordings = { ...known.recordings };
  for (const held of answer.held) {
    const key = ledgerKey(method, held.recording);
    const days = { ...recordings[key]?.days };
    for (const { day, ...asked } of windows.flatMap((window) => daysOf(window, utcOffsetMinutes)))
      days[day] = succeeded(days[day], dayIn(held, { asked, answer, at }), answer.exact === true ? 0 : lostMsMin);
    const camera = held.camera === undefined ? {} : { camera: held.camera };
    recordings[key] = { ...camera, days: Object.fromEntries(Object.entries(days).filter(([, { to }]) => to > at - rememberedMs)) };
  }
  const remembered = Object.entries(recordings).filter(([, { days }]) => Object.keys(days).length > 0);
  return { schemaVersion: 1, utcOffsetMinutes, recordings: Object.fromEntries(remembered) };
}

function dayIn({ parts }: Held, { asked, answer, at }: { asked: Stretch; answer: FootageAnswer; at: number }): LedgerDay {
  const concerned = parts.filter((part) => part.asked.to > asked.from && part.asked.from < asked.to);
  const untold = without(
    [asked],
    concerned.filter((part) => part.complete).map((part) => part.asked),
  );
  const footage = merge(
    clip(
      concerned.flatMap(({ stretches }) => stretches),
      asked,
    ),
  );
  return {
    ...asked,
    footage,
    complete: answer.complete && untold.length === 0,
    ...(footage.length === 0 && concerned.some(({ refused }) => refused === true) ? { refused: true } : {}),
    aheadMs: answer.aheadMs,
    askedAt: at,
  };
}

/** Shorter pieces come and go with the measuring of clocks. */
const lostMsMin = 60_000;

/** Half an answer takes nothing back; a refusal counts for nothing kept only when it comes twice. */
function succeeded(before: LedgerDay | undefined, told: LedgerDay, lostAtLeastMs: number): LedgerDay {
  if (before === undefined) return told.refused === true ? { ...told, complete: false } : told;
  const now = { aheadMs: told.aheadMs, at: told.askedAt };
  const isRepeated = before.refused === true || (before.complete && before.footage.length === 0);
  const played = before.played === true ? { played: true } : {};
  if (!told.complete || (told.refused === true && !isRepeated)) {
    const refused = told.refused === true ? { refused: true } : {};
    const stays = isTold(before, now) && before.from <= told.from && before.to >= told.to;
    if (stays) return { ...before, ...refused };
    return { ...told, complete: false, ...played, ...(before.lost === undefined ? {} : { lost: before.lost }) };
  }
  const gone = isTold(before, now) ? without(before.footage, told.footage).filter(({ from, to }) => to - from >= lostAtLeastMs) : [];
  const lost = without(merge([...(before.lost ?? []), ...gone]), told.footage);
  return { ...told, ...(told.footage.length === 0 ? {} : played), ...(lost.length === 0 ? {} : { lost }) };
}

/** Whether anything is known to be there. */
export function holdsFootage(day: LedgerDay | undefined): boolean {
  return day !== undefined && duration(day.footage) > 0;
}

/** The ledger with a mark at every day of which something was played back. `recording` or `camera` may be the one it is known by. */
export function markedPlayed(
  ledger: DeviceLedger,
  samples: readonly { recording: string; camera: string | undefined; at: number }[],
): DeviceLedger {
  const isOf = (key: string, camera: string | undefined, sample: (typeof samples)[number]) =>
    key.endsWith(`/${sample.recording}`) || (camera !== undefined && camera === sample.camera);
  const marked = (key: string, camera: string | undefined, day: LedgerDay): LedgerDay =>
    samples.some((sample) => isOf(key, camera, sample) && day.from <= sample.at && sample.at < day.to) ? { ...day, played: true } : day;
  const recordings = Object.entries(ledger.recordings).map(([key, { days, ...about }]) => {
    const named = Object.entries(days).map(([name, day]) => [name, marked(key, about.camera, day)] as const);
    return [key, { ...about, days: Object.fromEntries(named) }] as const;
  });
  return { ...ledger, recordings: Object.fromEntries(recordings) };
}
