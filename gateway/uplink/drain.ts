// In which order and how fast the outbox is sent over one connection: the present state first, then the backlog, never too far ahead of `ack`.
import type { OutboxEvent } from '#contract/envelope.ts';
import type { Sleep } from '../clock.ts';
import type { Outbox } from '../outbox.ts';

export interface Drain {
  /** Sends until `signal` fires, and rejects where `send` does. */
  run(signal: AbortSignal): Promise<void>;
  /** Something was put into the outbox. */
  wake(): void;
  /** Resolves when all that may be sent has been sent, and when nothing will be sent any more. */
  lineFree(): Promise<void>;
  /** The server has stored everything up to and including `sequence`, and the outbox has forgotten it. */
  acknowledged(sequence: number): void;
}

const batchEvents = 200;
/** Backlog sent and not yet acknowledged: four batches. */
const backlogAhead = 4 * batchEvents;
/** The present state goes past the backlog; more than this cannot be present at one canteen. */
const presentAhead = 2000;
/** Without any acknowledgement for so long, everything is sent again; each time in vain the wait doubles. */
const resendAfterMs = 30_000;
const resendAfterMsMax = 300_000;

export function createDrain(deps: {
  outbox: Pick<Outbox, 'pending' | 'newest'>;
  /** Resolves when the broker has taken the batch. */
  send(events: OutboxEvent[]): Promise<void>;
  /** The server goes on acknowledging no further than `sequence`, whatever is sent. */
  stuck(sequence: number): void;
  sleep: Sleep;
}): Drain {
  const ahead = { present: new Set<number>(), backlog: new Set<number>() };
  let presentSent = 0;
  let backlogSent = 0;
  let stored: number | undefined; // as far as the last acknowledgement went
  let heard = false; // one has come since it was last looked
  let alarm = new AbortController();
  let free = Promise.withResolvers<void>();

  const wake = () => {
    const waiting = alarm;
    alarm = new AbortController();
    waiting.abort('woken');
  };
  const unsent = ({ sequence }: OutboxEvent) => !ahead.present.has(sequence) && !ahead.backlog.has(sequence);

  const nextPresent = (): OutboxEvent[] => {
    if (ahead.present.size >= presentAhead) return [];
    const events = deps.outbox.newest(presentSent, batchEvents);
    presentSent = events.at(-1)?.sequence ?? presentSent;
    const batch = events.filter(unsent);
    for (const { sequence } of batch) ahead.present.add(sequence);
    return batch;
  };

  const nextBacklog = (): OutboxEvent[] => {
    while (ahead.backlog.size < backlogAhead) {
      const events = deps.outbox.pending(backlogSent, batchEvents);
      if (events.length === 0) break;
      backlogSent = events.at(-1)?.sequence ?? backlogSent;
      const batch = events.filter(unsent);
      for (const { sequence } of batch) ahead.backlog.add(sequence);
      if (batch.length > 0) return batch;
    }
    return [];
  };

  const sendAll = async (signal: AbortSignal) => {
    while (!signal.aborted) {
      const woken = alarm.signal; // taken before looking, so that nothing put in meanwhile is missed
      const present = nextPresent();
      const batch = present.length > 0 ? present : nextBacklog();
      if (batch.length > 0) {
        await deps.send(batch);
        continue;
      }
      free.resolve();
      await deps.sleep(resendAfterMs, AbortSignal.any([signal, woken]));
      free = Promise.withResolvers();
    }
  };

  const startAgain = () => {
    ahead.present.clear();
    ahead.backlog.clear();
    presentSent = 0;
    backlogSent = 0;
    wake();
  };

  const isAhead = () => ahead.present.size + ahead.backlog.size > 0;

  const resend = async (signal: AbortSignal) => {
    let waitMs = resendAfterMs;
    let wasAhead = isAhead();
    while (!signal.aborted) {
      const before = stored;
      heard = false;
      await deps.sleep(waitMs, signal);
      const inVain = wasAhead && before === stored && !signal.aborted;
      waitMs = inVain ? Math.min(2 * waitMs, resendAfterMsMax) : resendAfterMs;
      wasAhead = inVain || isAhead();
      if (!inVain) continue;
      // Of several servers one may have said an older word last; on a line that went dead right then, the newer one does not come.
      if (heard && stored !== undefined) deps.stuck(stored);
      startAgain();
    }
  };

  return {
    wake,
    lineFree: () => free.promise,
    acknowledged(sequence) {
      stored = sequence;
      heard = true;
      for (const sent of Object.values(ahead)) for (const each of sent) if (each <= sequence) sent.delete(each);
      wake();
    },
    run: async (signal) => {
      const ended = new AbortController();
      const both = AbortSignal.any([signal, ended.signal]);
      await Promise.all([
        sendAll(both).finally(() => {
          ended.abort();
          free.resolve();
        }),
        resend(both),
      ]);
    },
  };
}
