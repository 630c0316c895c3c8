// A connection to PostgreSQL beside those that store: on it a server hears what others have changed, and one of them all holds the lead.
import { Client } from 'pg';
import type { Logger } from 'pino';
import { clientSettings, noticeDeath } from './postgres.ts';

export const changesChannel = 'mingzao_changes';

/** Any number, as long as it stays: it stands for "does what only one server may do". */
const leadKey = 1_835_625_320;
const answerWithinMs = 5_000;
const connectAgainMs = 1_000;
/** Much sooner than gateways are called silent: the lead of a server whose machine died is to be had within a quarter of a minute. */
const alive = { afterSeconds: 5, everySeconds: 3 };

export interface Line {
  /**
   * Takes the lead where nobody has it; whether this server has it. It lives as long as the connection: when a server dies it is free at once.
   * Only one caller may take and leave it: PostgreSQL counts how often one session takes a lock.
   */
  lead(): Promise<boolean>;
  /** Whether this server has the lead, as far as it knows. */
  leading(): boolean;
  /** Leaves the lead to others. */
  resign(): Promise<void>;
  close(): Promise<void>;
}

/**
 * Connects, and again whenever the connection is lost, until it is closed. `onChange` is told which canteens another server has changed; undefined: any may
 * have been, since nothing could be heard before. `self` is what this server signs its own changes with.
 */
export function openLine(deps: {
  url: string;
  password?: string;
  self: string;
  onChange: (canteens: string[] | undefined) => void;
  sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  log: Pick<Logger, 'info' | 'error'>;
}): Line {
  const { url, password, self, onChange, sleep, log } = deps;
  const closing = new AbortController();
  let client: Client | undefined;
  let leading = false;
  const running = run();

  return {
    lead: async () => {
      const asked = client;
      if (asked === undefined) return false;
      try {
        const { rows } = await asked.query(leading ? 'select true as leading' : `select pg_try_advisory_lock(${leadKey}) as leading`);
        if (rows[0].leading && !leading) log.info('this server leads from now on: it lets time pass, and forgets what is old');
        leading = rows[0].leading;
      } catch {
        leading = false;
        await asked.end().catch(() => undefined); // then it connects anew
      }
      return leading;
    },
    leading: () => leading,
    resign: async () => {
      if (!leading) return;
      leading = false;
      // Where that cannot be said the connection is gone, and the lead with it.
      await client?.query(`select pg_advisory_unlock(${leadKey})`).catch(() => undefined);
    },
    close: async () => {
      closing.abort();
      await client?.end().catch(() => undefined);
      await running;
    },
  };

  async function run(): Promise<void> {
    let failing = false;
    while (!closing.signal.aborted) {
      try {
        await connection(() => {
          if (failing) log.info('what other servers change can be heard again');
          failing = false;
        });
      } catch (err) {
        if (!failing) log.error({ err }, 'what other servers change cannot be heard; until it can, it is looked up now and then');
        failing = true;
      }
      await sleep(connectAgainMs, closing.signal).catch(() => undefined);
    }
  }

  /** Resolves when the connection has ended. */
  async function connection(onOpen: () => void): Promise<void> {
    const opening = new Client({ ...clientSettings(url, password), query_timeout: answerWithinMs });
    const ended = new Promise<void>((resolve) => opening.once('end', resolve));
    opening.on('error', () => undefined); // 'end' follows
    opening.on('notification', ({ payload = '' }) => hear(payload));
    try {
      await opening.connect();
      await noticeDeath(opening, alive);
      await opening.query(`listen ${changesChannel}`);
      client = opening;
      onOpen();
      onChange(undefined);
      if (closing.signal.aborted) await opening.end();
      await ended;
    } finally {
      client = undefined;
      leading = false;
      await opening.end().catch(() => undefined);
    }
  }

  function hear(payload: string): void {
    const [from, ...canteens] = payload.split(' ');
    if (from !== self) onChange(canteens);
  }
}
