// Sorts what messages hold into what is new and what is known, refused or lost. Pure: whoever calls it holds the watermarks still meanwhile.
import type { UpMessage } from './broker.ts';
import type { Input } from './compliance/state.ts';
import type { Malformed, Telling } from './read-message.ts';
import type { Commit, Refused, Watermark } from './stores/commit.ts';
import { account, isAccounted, newWatermark } from './watermark.ts';

/** One message and what it was found to hold. */
export interface Reading {
  message: Telling;
  items: (Input | Malformed)[];
}

export interface TakenIn extends Pick<Commit, 'events' | 'watermarks' | 'refused'> {
  told: { canteen: string; input: Input; receivedAt: number }[];
  /** Of each outbox that was heard, how far it is accounted for, also where nothing was new. */
  touched: Watermark[];
}

/** What is accounted for of one life of one outbox. */
export type KnownMark = (canteen: string, epoch: string) => Watermark | undefined;

export const nothingTaken: TakenIn = { told: [], events: [], refused: [], watermarks: [], touched: [] };

export function takeIn(readings: Reading[], known: KnownMark): TakenIn {
  const taken: Pick<TakenIn, 'told' | 'events' | 'refused'> = { told: [], events: [], refused: [] };
  const marks = new Map<string, Watermark>();
  for (const { message, items } of readings) for (const item of items) takeItem(message, item);
  const touched = [...marks.values()];
  return { ...taken, touched, watermarks: touched.filter((mark) => known(mark.canteen, mark.epoch) !== mark) };

  function takeItem(message: Telling, item: Input | Malformed): void {
    const { canteen, receivedAt } = message;
    const refuse = (reason: string, payload: string) => taken.refused.push(refusal(message, reason, payload));
    if (item.kind === 'status' || item.kind === 'heartbeat') return void taken.told.push({ canteen, input: item, receivedAt });
    const position = item.kind === 'event' ? item.event : item.position;
    const accounted = position === undefined ? 'new' : accountFor(canteen, position.epoch, position.sequence, position.sequence);
    if (accounted === 'scattered') return void refuse('its outbox leaves too many holes between its sequences', '');
    if (accounted === 'known') return;
    if (item.kind === 'event' && item.event.type === 'cn.mingzao.loss.v1')
      accountFor(canteen, item.event.epoch, item.event.data.from, item.event.data.to);
    if (item.kind === 'malformed') return void refuse(item.reason, item.payload);
    taken.events.push({ canteen, event: item.event, receivedAt });
    taken.told.push({ canteen, input: item, receivedAt });
  }

  function accountFor(canteen: string, epoch: string, from: number, to: number): 'new' | 'known' | 'scattered' {
    const key = `${canteen} ${epoch}`;
    const mark = marks.get(key) ?? known(canteen, epoch) ?? newWatermark(canteen, epoch);
    marks.set(key, mark);
    if (from === to && isAccounted(mark, from)) return 'known';
    const after = account(mark, from, to);
    if (after === undefined) return 'scattered';
    marks.set(key, after);
    return 'new';
  }
}

export function refusal({ canteen, topic, receivedAt }: UpMessage, reason: string, payload: string): Refused {
  return { canteen, topic, reason, payload, at: new Date(receivedAt).toISOString() };
}
