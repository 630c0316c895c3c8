// The retention ledger of every recorder, on disk, and the look that keeps it: what is known is not asked for again at every look.
import { join } from 'node:path';
import type { FootageMeasured } from '#contract/footage.ts';
import { type JsonFile, jsonFile } from '../json-file.ts';
import type { Log } from '../log.ts';
import type { PlaybackObservation } from '../observation.ts';
import { DeviceError } from '../onvif/device-error.ts';
import type { OnvifSession } from '../onvif/session.ts';
import { chinaOffsetMinutes, type FootageAnswer, type FootageSource, measureAnswer } from '../recorders/footage-source.ts';
import { askFootage, sourceNamed, type WholeQuestion } from '../recorders/index.ts';
import { type Stretch, startOfDay } from '../recorders/spans.ts';
import { account, type CauseOf } from './account.ts';
import { type FurtherDays, firstWindows, furtherDays, runs } from './days-to-ask.ts';
import { DeviceLedger, emptyLedger, ledgerKey, markedPlayed, noted } from './device-ledger.ts';

export interface Ledger {
  /** What a recorder holds, as far as it is known when this look ends. Throws DeviceError where the recorder does not answer now. */
  read(device: string, session: OnvifSession, question: WholeQuestion): Promise<FootageMeasured>;
  /** The same of one that always tells everything at no cost, the gateway’s own recording; `list` is asked about whole days. */
  take(device: string, window: Stretch, list: (asked: Stretch) => FootageAnswer): FootageMeasured;
  /** Marks the days of which something was played back. */
  played(observation: PlaybackObservation): void;
}

/** So many days, all channels together, are asked for in one question: what was told is kept, whatever becomes of the next. */
const channelDaysAtOnce = 64;
const daysAtOnceMax = 8;
/** Of what is known and was last asked for a day ago so many days a look: ninety of them have their turn within a day of hourly looks. */
const againAtOnce = 6;
/** A look has to end before the time it is given is over. */
const askingMs = 180_000;

/** One file a recorder in `folder`. `causeOf` gives the reason of a hole at that recorder. */
export function createLedger(deps: { folder: string; causeOf(device: string): CauseOf; now: () => number; log: Log }): Ledger {
  const files = new Map<string, { file: JsonFile<DeviceLedger>; content: DeviceLedger }>();

  const open = (device: string) => {
    const known = files.get(device);
    if (known !== undefined) return known;
    const damaged = 'the retention ledger of a recorder is damaged and was moved aside; the recorder is asked for everything again';
    const file = jsonFile(join(deps.folder, `${device}.json`), { schema: DeviceLedger, damaged, log: deps.log });
    const opened = { file, content: file.read() ?? emptyLedger(chinaOffsetMinutes) };
    files.set(device, opened);
    return opened;
  };
  const save = (device: string, content: DeviceLedger) => {
    const { file } = open(device);
    file.write(content);
    files.set(device, { file, content });
  };

  const note = (device: string, answer: FootageAnswer, windows: readonly Stretch[]) =>
    save(device, noted(open(device).content, answer, { windows, at: deps.now() }));
  const told = (device: string, answer: FootageAnswer, window: Stretch) =>
    account(open(device).content, { answer, window, at: deps.now(), causeOf: deps.causeOf(device) });

  return {
    async read(device, session, { window, ...question }) {
      const since = performance.now();
      const first = firstWindows({ ledger: open(device).content, window });
      const answer = await askFootage(session, { ...question, windows: first });
      const source = sourceNamed(answer.method);
      if (source.endsOnly === true) return measureAnswer(await source.read(session, { ...question, windows: [window] }), window);
      note(device, answer, first);
      if (answer.complete) {
        const recordings = answer.held.map(({ recording }) => ledgerKey(answer.method, recording));
        const asked = { ledger: open(device).content, recordings, window };
        const days = furtherDays(asked, { at: deps.now(), aheadMs: answer.aheadMs });
        for (const windows of furtherWindows(days, { source, channels: recordings.length, window })) {
          if (performance.now() - since > askingMs) break;
          const further = await orNothing(source.read(session, { ...question, windows, understood: true }));
          if (further === undefined) break;
          note(device, further, windows);
        }
      }
      return told(device, answer, window);
    },
    take(device, window, list) {
      // Of half a day it would seem that the other half was lost.
      const asked = { from: startOfDay(window.from, open(device).content.utcOffsetMinutes), to: window.to };
      const answer = list(asked);
      note(device, answer, [asked]);
      return told(device, answer, window);
    },
    played({ device, playback }) {
      if (!playback.ok) return;
      const samples = playback.value.flatMap(({ recording, camera, asked, played }) =>
        played.ok ? [{ recording, camera, at: Date.parse(asked) }] : [],
      );
      if (samples.length > 0) save(device, markedPlayed(open(device).content, samples));
    },
  };
}

/** One question after the other. What an answer to everything did not reach is asked for in pieces. */
function furtherWindows(
  { unknown, cutShort, again }: FurtherDays,
  { source, channels, window }: { source: FootageSource; channels: number; window: Stretch },
): Stretch[][] {
  const daysAtOnce = Math.min(daysAtOnceMax, Math.max(1, Math.floor(channelDaysAtOnce / channels)));
  const inPieces = (days: readonly Stretch[]) =>
    Array.from({ length: Math.ceil(days.length / daysAtOnce) }, (_, index) =>
      runs(days.slice(index * daysAtOnce, (index + 1) * daysAtOnce), window),
    );
  if (source.asksAtOnce !== true) return inPieces([...unknown, ...cutShort, ...again.slice(0, againAtOnce)]);
  const whole = runs([...unknown, ...again], window);
  return [...(whole.length === 0 ? [] : [whole]), ...inPieces(cutShort)];
}

/** The recorder has answered in this look already: what it does not tell any more stays as it is known. A refused password is everybody's business. */
async function orNothing(answer: Promise<FootageAnswer>): Promise<FootageAnswer | undefined> {
  try {
    return await answer;
  } catch (thrown) {
    if (thrown instanceof DeviceError && !['credentials-refused', 'locked'].includes(thrown.fault)) return undefined;
    throw thrown;
  }
}
