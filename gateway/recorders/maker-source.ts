// What the makers' own interfaces have in common: they list channels, and tell their files for one local day of one channel at a time.
import { DeviceError } from '../onvif/device-error.ts';
import type { RecordingListed } from '../onvif/recording.ts';
import type { Fetched, FetchOptions, OnvifSession } from '../onvif/session.ts';
import { type FootageAnswer, type FootageQuestion, type FootageSource, type HeldPart, readRecorderClock } from './footage-source.ts';
import { type ChosenRecording, chooseRecordings } from './recording-choice.ts';
import { clip, daysOf, type Stretch } from './spans.ts';
import { zoneInDoubt } from './time-label.ts';

/** One maker's interface. All times are the recorder's own, in UTC. */
export interface MakerInterface {
  name: string;
  makers: RegExp;
  /** The channels it has. Asked first, and of recorders of unknown makers too: one harmless question. */
  readChannels(recorder: AskedRecorder): Promise<RecordingListed[]>;
  /** What one channel holds of at most one day. Gives back whatever it took from the recorder, however it ends. */
  readDay(recorder: AskedRecorder, about: ChannelDay): Promise<DayFound>;
  /** Path and query at which RTSP plays a channel, by its token, from an instant on. */
  playbackPath(recorder: AskedRecorder, about: { channel: string; at: number }): Promise<string>;
}

/** How much is asked to be played: enough for a keyframe, and no session that goes on for hours where ending it fails. */
export const playedMs = 60_000;

export interface ChannelDay {
  channel: ChosenRecording;
  day: Stretch;
}

export interface AskedRecorder {
  utcOffsetMinutes: number;
  /** Path and query. Throws DeviceError. */
  fetch(path: string, options?: Omit<FetchOptions, 'signal'>): Promise<Fetched>;
  /** The same for giving something back: it has a moment even where the time for asking is over, and does not throw. */
  giveBack(path: string): Promise<void>;
}

export interface DayFound {
  stretches: Stretch[];
  /** Every page came, and the recorder said itself that this is all. */
  complete: boolean;
  /** The recorder refused the question, as it may where a day holds nothing. */
  perhapsEmpty?: boolean;
  /** The labels of the files named no zone that can be believed. */
  zoneAssumed?: boolean;
}

/** No recorder is asked more than this in one look, whatever it answers. */
const requestsMax = 10_000;

/** Said of what a model does not have or an account may not see; a wrong password is 401. */
export const forbidden = 403;

export function makerSource(maker: MakerInterface): FootageSource {
  return {
    name: maker.name,
    makers: maker.makers,
    read: (session, question) => read(maker, session, question),
    playbackPath: (session, { recording, at, ...asked }) =>
      maker.playbackPath(askedRecorder(session, asked).recorder, { channel: recording, at }),
  };
}

async function read(maker: MakerInterface, session: OnvifSession, question: FootageQuestion): Promise<FootageAnswer> {
  const { windows, signal, understood = false } = question;
  const clock = await readRecorderClock(session, { signal });
  const { utcOffsetMinutes, aheadMs } = clock;
  const { recorder, spent } = askedRecorder(session, { signal, utcOffsetMinutes });
  const { chosen, complete } = chooseChannels(await orNotSupported(maker.readChannels(recorder)), question);
  // Recorders have whole seconds only.
  const theirs = windows.map(({ from, to }) => ({
    from: Math.floor(clock.theirs(from) / 1000) * 1000,
    to: Math.ceil(clock.theirs(to) / 1000) * 1000,
  }));
  const runs = theirs.map((window) => daysOf(window, utcOffsetMinutes));
  const channels: { channel: ChosenRecording; found: DayTold[] }[] = [];
  for (const channel of chosen) channels.push({ channel, found: await readChannel(maker, recorder, { channel, runs, spent, understood }) });

  const days = channels.flatMap(({ found }) => found);
  const newest = newestOf(days.filter(({ zoneAssumed }) => zoneAssumed === true).flatMap(({ stretches }) => stretches));
  const now = theirs.at(-1)?.to ?? 0;
  const inZone = newest === undefined || !zoneInDoubt({ newest, now, utcOffsetMinutes });
  // One that never showed a single file has not shown that it understood the question.
  const anything = days.some(({ stretches }) => stretches.length > 0);
  const ours = ({ from, to }: Stretch) => ({ from: clock.ours(from), to: clock.ours(to) });
  return {
    method: maker.name,
    utcOffsetMinutes,
    aheadMs,
    complete: complete && (understood || (inZone && anything)),
    held: channels.map(({ channel: { token, camera, week }, found }) => ({
      recording: token,
      camera,
      week,
      parts: found.map((told) => partOf(told, { ours, windows })),
    })),
  };
}

/** Of one day; whole seconds reach a little beyond the window they came from. */
function partOf(told: DayTold, { ours, windows }: { ours(theirs: Stretch): Stretch; windows: readonly Stretch[] }): HeldPart {
  const { complete, refused } = told;
  const asked = windows.flatMap((window) => clip([ours(told.day)], window));
  const stretches = told.stretches.map(ours);
  return { asked: asked[0] ?? ours(told.day), stretches, complete, ...(refused === true ? { refused } : {}) };
}

function askedRecorder(session: OnvifSession, { signal, utcOffsetMinutes }: { signal: AbortSignal; utcOffsetMinutes: number }) {
  let requests = 0;
  const fetch = async (path: string, { answers = [], ...options }: FetchOptions) => {
    requests += 1;
    const fetched = await session.fetch(`http://${session.address}${path}`, { ...options, answers: [...answers, forbidden] });
    if (fetched.status === forbidden && !answers.includes(forbidden))
      throw new DeviceError('not-supported', 'the recorder forbids the question with HTTP 403');
    return fetched;
  };
  const recorder: AskedRecorder = {
    utcOffsetMinutes,
    fetch: (path, options) => fetch(path, { ...options, signal }),
    async giveBack(path) {
      try {
        await fetch(path, { signal: AbortSignal.timeout(2000) });
      } catch {
        // It was lost with the connection, or the recorder took it back itself.
      }
    },
  };
  return { recorder, spent: () => requests >= requestsMax };
}

/** Whatever answers a maker's first question in another maker's way does not know the interface. */
async function orNotSupported(channels: Promise<RecordingListed[]>): Promise<RecordingListed[]> {
  const listed = await channels.catch((thrown: unknown) => {
    if (thrown instanceof DeviceError && ['http-error', 'malformed', 'truncated', 'redirected'].includes(thrown.fault))
      throw new DeviceError('not-supported', thrown.detail, { cause: thrown });
    throw thrown;
  });
  if (listed.length === 0) throw new DeviceError('not-supported', 'the recorder lists no channels');
  return listed;
}

/** Each channel costs hundreds of questions: where cameras are known, only theirs are asked about. */
function chooseChannels(listed: readonly RecordingListed[], question: FootageQuestion): { chosen: ChosenRecording[]; complete: boolean } {
  const { cameras: kept = [], recordings: named = {} } = question;
  const cameras = [...new Set([...kept, ...Object.keys(named)])];
  // The installer may have named a recording of the ONVIF interface, which has other tokens than this one: it says nothing of the channel.
  const recordings = Object.fromEntries(Object.entries(named).filter(([, token]) => /^[1-9]\d{0,2}$/.test(token)));
  const { chosen, complete } = chooseRecordings(listed, { cameras, recordings });
  const strange = chosen.find((each) => !each.listed);
  if (strange !== undefined) throw new DeviceError('not-supported', `no channel is called ${strange.token}; ${said(listed)}`);
  const wanted = cameras.length === 0 ? chosen : chosen.filter(({ camera }) => camera !== undefined);
  if (wanted.length === 0) throw new DeviceError('not-supported', `no channel is known to be of a camera; ${said(listed)}`);
  return { chosen: wanted, complete: complete && cameras.every((id) => wanted.some(({ camera }) => camera === id)) };
}

function said(listed: readonly RecordingListed[]): string {
  return `there are ${listed.map(({ token }) => token).join(', ')}`;
}

type DayTold = Omit<DayFound, 'perhapsEmpty'> & { day: Stretch; refused?: true };

/** `runs` of days that follow one another, in order of time. */
async function readChannel(
  maker: MakerInterface,
  recorder: AskedRecorder,
  { channel, runs, spent, understood }: { channel: ChosenRecording; runs: readonly Stretch[][]; spent(): boolean; understood: boolean },
): Promise<DayTold[]> {
  const told: DayTold[] = [];
  // One after the other: many recorders have room for a single search.
  for (const run of runs) {
    const stretches: Stretch[] = [];
    for (const day of run) {
      const found = spent() ? unasked : await readDay(maker, recorder, { channel, day, newest: newestOf(stretches) });
      const believed = found.stretches.filter(isBelievable);
      // Before the first footage of a run a refusal is taken for an empty day, where the same question brings footage of another.
      const refused = found.perhapsEmpty === true && stretches.length === 0;
      const { zoneAssumed = false } = found;
      stretches.push(...believed);
      told.push({
        day,
        stretches: believed,
        complete: (found.complete || refused) && believed.length === found.stretches.length,
        zoneAssumed,
        ...(refused ? { refused } : {}),
      });
    }
  }
  // One that only ever refuses has not shown that it means so.
  const anything = understood || told.some((day) => day.stretches.length > 0);
  return anything ? told : told.map((day) => ({ ...day, complete: day.complete && day.refused !== true }));
}

const unasked: DayFound = { stretches: [], complete: false };

const certainMs = 3_600_000;

/** A refusal after footage is put to the test: the same question, a little wider, must bring that footage and nothing new. */
async function readDay(
  maker: MakerInterface,
  recorder: AskedRecorder,
  { channel, day, newest }: ChannelDay & { newest: number | undefined },
): Promise<DayFound> {
  const told = await maker.readDay(recorder, { channel, day });
  if (told.perhapsEmpty !== true || newest === undefined) return told;
  return maker.readDay(recorder, { channel, day: { from: newest - certainMs, to: day.to } });
}

function newestOf(stretches: readonly Stretch[]): number | undefined {
  return stretches.length === 0 ? undefined : stretches.reduce((latest, { to }) => Math.max(latest, to), 0);
}

const fileMaxMs = 48 * 3_600_000;

/** A clock that was set while a file was written makes it years long: it would cover days of which there is nothing. */
function isBelievable({ from, to }: Stretch): boolean {
  return to >= from && to - from <= fileMaxMs;
}
