// The identity this gateway connects with, and its renewal: a new key and certificate in good time, over the connection that is there.
import { randomUUID } from 'node:crypto';
import { validator } from '#config/validate.ts';
import { CertificateMessage, envelope } from '#contract/envelope.ts';
import type { Sleep } from '../clock.ts';
import { GatewayError } from '../errors.ts';
import { parseJson } from '../json.ts';
import type { Log } from '../log.ts';
import { describeIdentity, type Identity, problemOfIdentity, readIdentity, writeIdentity } from './identity-file.ts';

export interface OwnIdentity {
  /** Read anew for every connection: it may have been enrolled again meanwhile. Throws GatewayError `identity-unusable`, saying what to do. */
  current(): Identity;
  /** Asks for the next certificate whenever it is time, until `ended` fires. `renewed` is called when there is one. */
  keepRenewed(connection: { send(message: object): Promise<void>; renewed(): void; ended: AbortSignal }): Promise<void>;
  /** Bytes from the `certificate` topic. */
  receive(payload: Uint8Array): void;
}

/** Of a certificate's life: then there is a third of it left to try again in. */
const renewAfter = 2 / 3;
const askAgainMs = 3_600_000;
const lookEveryMs = 3_600_000;
/** A certificate seems to be of the future by no more than this where clocks merely differ. */
const clockMayDifferMs = 60_000;

const check = validator(CertificateMessage);

/** Throws GatewayError `identity-unusable` where this gateway was never enrolled. */
export function createOwnIdentity(deps: { file: string; canteen: string; now: () => number; sleep: Sleep; log: Log }): OwnIdentity {
  const { file, canteen, now, sleep, log } = deps;
  let pendingKey: string | undefined;
  let onRenewed: (() => void) | undefined;

  const read = (): Identity => {
    const identity = readIdentity(file);
    if (identity === undefined) throw unusable(`this gateway is not enrolled (there is no ${file}); ${remedy}`);
    return identity;
  };

  const current = (): Identity => {
    const identity = read();
    const problem = problemOfIdentity(identity);
    if (problem !== undefined) throw unusable(`${file}: ${problem}; ${remedy}`);
    const { canteen: named, from, to } = describeIdentity(identity);
    if (named !== canteen) throw unusable(`this gateway is enrolled for the canteen "${named}", and its settings say "${canteen}"`);
    if (now() < from - clockMayDifferMs)
      throw unusable(
        `the clock of this machine is wrong: it says ${iso(now())}, and its certificate was made after ${iso(from)}; set the clock`,
      );
    if (now() >= to) throw unusable(`the certificate of this gateway expired at ${iso(to)}; ${remedy}`);
    return identity;
  };

  const ask = async (send: (message: object) => Promise<void>) => {
    const { makeCertificateRequest } = await import('./certificate-request.ts');
    const { key, request } = await makeCertificateRequest();
    pendingKey = key;
    const about = {
      id: randomUUID(),
      source: `/canteens/${canteen}/gateway`,
      time: iso(now()),
      data: { schemaVersion: 1 as const, request },
    };
    await send(envelope('cn.mingzao.certificate-request.v1', about));
  };

  const take = (payload: Uint8Array) => {
    const checked = check(parseJson(payload));
    if (!checked.ok) return log.warn({ problem: checked.problem }, 'a malformed answer about a certificate was ignored');
    const { data } = checked.value;
    if ('refused' in data) return log.error({ reason: data.refused }, 'the server does not renew the certificate of this gateway');
    if (pendingKey === undefined) return log.warn({}, 'a certificate nobody asked for was ignored');
    const next = { key: pendingKey, certificate: data.certificate, authority: current().authority };
    const problem = problemOfIdentity(next);
    if (problem !== undefined) return log.warn({ problem }, 'a certificate that cannot be used was ignored');
    const { canteen: named, from, to } = describeIdentity(next);
    if (named !== canteen) return log.warn({}, 'a certificate for another canteen was ignored');
    // The one it would replace is good: a clock that is wrong at either end must not cost it.
    if (now() < from - clockMayDifferMs || now() >= renewAt({ from, to }))
      return log.warn(
        { from: iso(from), to: iso(to), now: iso(now()) },
        'a certificate that is not valid now, or hardly any longer, was ignored',
      );
    writeIdentity(file, next);
    pendingKey = undefined;
    log.info({ until: iso(to) }, 'the certificate of this gateway was renewed');
    onRenewed?.();
  };

  read();
  return {
    current,
    async keepRenewed({ send, renewed, ended }) {
      onRenewed = renewed;
      while (!ended.aborted) {
        const { from, to } = describeIdentity(current());
        const waitMs = renewAt({ from, to }) - now();
        if (waitMs > 0) {
          await sleep(Math.min(waitMs, lookEveryMs), ended);
          continue;
        }
        await ask(send);
        await sleep(Math.min(askAgainMs, (to - from) / 10), ended);
      }
    },
    receive(payload) {
      try {
        take(payload);
      } catch (err) {
        log.error({ err }, 'the next certificate of this gateway could not be kept; it is asked for again');
      }
    },
  };
}

function renewAt({ from, to }: { from: number; to: number }): number {
  return from + (to - from) * renewAfter;
}

const remedy =
  'ask whoever runs the server for a claim code, then: gateway enrol --server URL --code CODE --fingerprint SHA256 --config FILE';

function unusable(sentence: string): GatewayError {
  return new GatewayError('identity-unusable', sentence);
}

function iso(at: number): string {
  return new Date(at).toISOString();
}
