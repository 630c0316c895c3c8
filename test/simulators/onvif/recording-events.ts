// The history of a recording as recording events: when there was footage, and when there was meant to be.
import type { Footage } from '../footage.ts';
import type { Notification } from './notification.ts';
import { type Recording, trackToken } from './recordings.ts';

export interface RecordingEvent {
  recording: Recording;
  /** Virtual: tells the state at the beginning of the search rather than a change. */
  startState: boolean;
  notification: Notification;
}

export interface EventSearch {
  recordings: readonly Recording[];
  /** Where the search starts; later than `to` where it goes backwards. */
  from: number;
  to: number;
  includeStartState: boolean;
  wants(topic: string): boolean;
  /** True for recorders that only keep the first and the last edge of each history. */
  endsOnly: boolean;
  /** The recorder’s present moment: an end there is no end yet. */
  now: number;
}

const histories = [
  {
    topic: 'tns1:RecordingHistory/Recording/State',
    value: 'IsRecording',
    source: ({ token }: Recording) => ({ RecordingToken: token }),
    footage: ({ log }: Recording) => log.intended(),
  },
  {
    topic: 'tns1:RecordingHistory/Track/State',
    value: 'IsDataPresent',
    source: ({ token }: Recording) => ({ RecordingToken: token, Track: trackToken }),
    footage: ({ log }: Recording) => log.footage(),
  },
] as const;

/** In order of time, or against it where the search goes backwards; start states stand where the search passes them. */
export function searchEvents(search: EventSearch): RecordingEvent[] {
  const backwards = search.to < search.from;
  const [earliest, latest] = backwards ? [search.to, search.from] : [search.from, search.to];
  const found = histories
    .filter(({ topic }) => search.wants(topic))
    .flatMap((history) =>
      search.recordings.flatMap((recording) => eventsOf(history, recording, { ...search, earliest, latest, backwards })),
    )
    .toSorted((a, b) => a.notification.time - b.notification.time);
  return backwards ? found.reverse() : found;
}

type Range = EventSearch & { earliest: number; latest: number; backwards: boolean };

function eventsOf({ topic, value, source, footage }: (typeof histories)[number], recording: Recording, range: Range): RecordingEvent[] {
  // What reaches up to now is still going on.
  const spans = footage(recording).map(({ from, to }) => ({ from, to: to < range.now ? to : Number.POSITIVE_INFINITY }));
  const event = (time: number, present: boolean, startState: boolean): RecordingEvent => ({
    recording,
    startState,
    notification: {
      topic,
      time,
      operation: startState ? 'Initialized' : 'Changed',
      source: source(recording),
      data: { name: value, value: present },
    },
  });
  // A backward search is told the state at both its ends (RecordingSearch, FindEvents).
  const starts = range.includeStartState ? (range.backwards ? [range.earliest, range.latest] : [range.earliest]) : [];
  const virtual = starts.map((time) => event(time, presentAt(spans, time), true));
  const real = edgesOf(spans, range)
    .filter(({ time }) => time >= range.earliest && time <= range.latest && !starts.includes(time))
    .map(({ time, present }) => event(time, present, false));
  return [...virtual, ...real];
}

function edgesOf(spans: Footage, { endsOnly }: Range) {
  const edges = spans.flatMap(({ from, to }) => [
    { time: from, present: true },
    { time: to, present: false },
  ]);
  const [first, last] = [edges[0], edges.at(-1)];
  return endsOnly && first !== undefined && last !== undefined ? [first, last] : edges;
}

function presentAt(spans: Footage, time: number): boolean {
  return spans.some(({ from, to }) => time >= from && time < to);
}
