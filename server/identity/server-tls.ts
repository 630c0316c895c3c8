// The certificate the server shows, always a valid one: its own authority's, made anew long before it expires, or files that somebody else renews.
import { readFileSync } from 'node:fs';
import type { Logger } from 'pino';
import { ServerError } from '../errors.ts';
import type { Authority } from './authority.ts';

/** PEM. */
export interface Shown {
  key: string;
  cert: string;
}

export interface ServerTls {
  /** What to show from now on. */
  shown(): Shown;
  /** Calls `listener` whenever that has changed. */
  onChange(listener: (shown: Shown) => void): void;
  /** To be called every hour or so. Never rejects. */
  renew(): Promise<void>;
}

const lifeDays = 90;
const renewAfterMs = 60 * 86_400_000;

/** A key and a certificate that are nowhere on a disk. `names`: what clients know this server by. */
export async function ownTls(deps: { authority: Authority; names: string[]; now: () => number; log: Logger }): Promise<ServerTls> {
  const { authority, names, now, log } = deps;
  let madeAt = now();
  const make = async (): Promise<Shown> => {
    const { key, certificate } = await authority.issueServer({ names, days: lifeDays });
    madeAt = now();
    return { key, cert: certificate };
  };
  return renewing(await make(), log, async () => (now() - madeAt < renewAfterMs ? undefined : make()));
}

/** Throws ServerError `authority-unusable` where the files cannot be read now; later on it shows what it has. */
export function filesTls(deps: { certificateFile: string; keyFile: string; log: Logger }): ServerTls {
  const { certificateFile, keyFile, log } = deps;
  const read = (): Shown => ({ key: readFileSync(keyFile, 'utf8'), cert: readFileSync(certificateFile, 'utf8') });
  try {
    return renewing(read(), log, async () => read());
  } catch (cause) {
    throw new ServerError('authority-unusable', `listen.tls: ${cause instanceof Error ? cause.message : cause}`, { cause });
  }
}

/** `next` gives what to show now, or undefined where nothing has changed. */
function renewing(first: Shown, log: Logger, next: () => Promise<Shown | undefined>): ServerTls {
  const listeners = new Set<(shown: Shown) => void>();
  let shown = first;
  return {
    shown: () => shown,
    onChange: (listener) => void listeners.add(listener),
    renew: async () => {
      try {
        const found = await next();
        if (found === undefined || (found.cert === shown.cert && found.key === shown.key)) return;
        for (const listener of listeners) listener(found);
        shown = found;
        log.info('the server shows a new certificate');
      } catch (err) {
        log.error({ err }, 'the server’s certificate could not be renewed; the one it has is still shown');
      }
    },
  };
}
