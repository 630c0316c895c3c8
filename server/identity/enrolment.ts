// Who may report for a canteen: makes claim codes, turns one into a certificate, renews certificates, and says which of them still count.
import type { X509Certificate } from 'node:crypto';
import type { Logger } from 'pino';
import type { Session } from '../broker.ts';
import type { Canteens } from '../canteens.ts';
import { ServerError } from '../errors.ts';
import type { Admission } from '../mutual-tls.ts';
import type { AuditEntry } from '../stores/audit-chain.ts';
import type { CertificateRow, EnrolmentStore, Registered } from '../stores/enrolment-store.ts';
import type { By } from './audit.ts';
import { type Authority, describeCertificate, type Issued } from './authority.ts';
import { type ClaimCode, hashOfCode, makeClaimCode, readClaimCode } from './claim-codes.ts';
import { canteenNamed } from './gateway-certificate.ts';
import type { GuessLimit } from './guess-limit.ts';

export interface Enrolled {
  canteen: string;
  serial: string;
  /** PEM. */
  certificate: string;
}

/** Everything that changes something is noted down in the audit, `by` whom. */
export interface Enrolment {
  /** Takes a canteen under supervision, from now on and on every server. Throws ServerError `invalid-request` where there is one of this id. */
  create(canteen: Registered, by: By): Promise<void>;
  /** Its gateway is disconnected and its gaps are closed. Throws ServerError `invalid-request` for one of the settings, `not-found` for none. */
  withdraw(id: string, by: By): Promise<void>;
  /** Ends the code the canteen had before. Throws ServerError `not-found`. */
  makeCode(about: { canteen: string; minutes: number; by: By }): Promise<ClaimCode>;
  /**
   * A certificate for the code. `canteen`: whom the gateway takes itself for, where it does; another one's code is not used up by that mistake.
   * Throws ServerError `code-refused`, `too-many-guesses`, `invalid-request`.
   */
  enrol(about: { code: string; request: string; canteen?: string; from: string }): Promise<Enrolled>;
  /**
   * For a gateway that has shown that it is this canteen's. `serial`: of the certificate it has shown, where that was seen here.
   * Throws ServerError `not-enrolled` or `invalid-request`.
   */
  renew(about: { canteen: string; request: string; serial?: string | undefined }): Promise<Enrolled>;
  /** Whether it stands in the server's settings. */
  isSettled(canteen: string): boolean;
  /** Newest first. */
  certificates(): Promise<CertificateRow[]>;
  /**
   * Shuts out whoever holds it: it may have been renewed since, so all certificates of its canteen are revoked, and its claim code ends.
   * Throws ServerError `not-found`.
   */
  revoke(serial: string, by: By): Promise<void>;
  /** Never rejects. */
  admit(certificate: X509Certificate): Promise<Admission>;
  /** Why nothing is to be taken in for this canteen from a broker outside, if so: there only it sees certificates. */
  refuses(canteen: string): string | undefined;
  /** Takes over what other servers on the same database have changed. Never rejects. */
  refresh(): Promise<void>;
}

const reasons = {
  revoked: 'its certificate was revoked',
  replaced: 'its certificate was replaced by a newer one',
  'canteen-withdrawn': 'its canteen was withdrawn',
} as const;

export async function openEnrolment(deps: {
  authority: Authority;
  store: EnrolmentStore;
  canteens: Pick<Canteens, 'supervise' | 'release'>;
  /** Ids of the canteens of the settings: supervised already, and not for this to withdraw. */
  settled: string[];
  /** Those taken on while a server ran, which `canteens` looks after by now. */
  registered: Registered[];
  gatewayDays: number;
  /** Serial numbers that were revoked when the server started, whether the database knows of it or not. */
  revokedBefore: string[];
  guesses: GuessLimit;
  /** Called every time it was looked up. `revoked`: all that brokers outside have to refuse; `over`: why a session must end, if it must. */
  onLook: (found: { revoked: { serial: string; at: number }[]; over: (session: Session) => string | undefined }) => Promise<void>;
  log: Logger;
  now: () => number;
}): Promise<Enrolment> {
  const { authority, store, canteens, gatewayDays, guesses, onLook, log, now } = deps;
  const settled = new Set(deps.settled);
  const revokedBefore = new Set(deps.revokedBefore);
  const registered = new Set(deps.registered.map(({ id }) => id));
  let revoked = new Map<string, string>();
  /** Canteens that had certificates and have none left that counts. */
  let onlyRevoked = new Set<string>();
  let looking: Promise<void> = Promise.resolve();
  let failing = false;
  const at = () => new Date(now()).toISOString();
  const isKnown = (canteen: string) => settled.has(canteen) || registered.has(canteen);

  await reload();
  return {
    create: async (canteen, by) => {
      const { id, name, district } = canteen;
      if (isKnown(id)) throw new ServerError('invalid-request', `there is a canteen with the id "${id}" already`);
      await store.register(canteen, at(), entry(by, 'canteen-created', id, { name, district }));
      await reload();
    },
    withdraw: async (id, by) => {
      if (settled.has(id)) throw new ServerError('invalid-request', `"${id}" stands in the server’s settings: it is withdrawn there`);
      if (!isKnown(id)) throw unknownCanteen(id);
      await store.withdraw(id, at(), entry(by, 'canteen-withdrawn', id));
      await reload();
    },
    makeCode: async (about) => {
      if (!isKnown(about.canteen)) throw unknownCanteen(about.canteen);
      return makeClaimCode({ store, authority, now }, about);
    },
    enrol,
    renew: async ({ canteen, request, serial }) => {
      const issued = await authority.issueGateway({ canteen, request, days: gatewayDays });
      const renewed = entry({ who: gatewayOf(canteen), from: 'its connection' }, 'certificate-renewed', canteen, { serial: issued.serial });
      if (!isKnown(canteen) || !(await store.renew(rowOf(canteen, issued, at()), serial, renewed)))
        throw new ServerError('not-enrolled', 'this canteen has no certificate that could be renewed: its gateway has to be enrolled');
      log.info({ canteen, serial: issued.serial }, 'a gateway’s certificate was renewed');
      return { canteen, serial: issued.serial, certificate: issued.certificate };
    },
    isSettled: (canteen) => settled.has(canteen),
    certificates: () => store.certificates(),
    revoke: async (serial, by) => {
      const row = await store.findCertificate(serial);
      if (row === undefined) throw new ServerError('not-found', `there is no certificate with the serial number ${serial}`);
      await store.shutOut(row.canteen, at(), (revoked) => entry(by, 'certificate-revoked', row.canteen, { serial, revoked }));
      await reload();
    },
    admit: async (certificate) => {
      try {
        return await admit(certificate);
      } catch (err) {
        log.error({ err }, 'whether a certificate counts could not be looked up');
        return { kind: 'refused', reason: 'its certificate cannot be looked up at present' };
      }
    },
    refuses: (canteen) => {
      if (!isKnown(canteen)) return 'no canteen of this name';
      return onlyRevoked.has(canteen) ? reasons.revoked : undefined;
    },
    refresh: async () => {
      try {
        await reload();
        failing = false;
      } catch (err) {
        if (!failing) log.error({ err }, 'who is enrolled cannot be looked up; what was known before holds');
        failing = true;
      }
    },
  };

  function over({ canteen, serial, notAfter }: Session): string | undefined {
    if (!isKnown(canteen)) return reasons['canteen-withdrawn'];
    if (notAfter !== undefined && notAfter <= now()) return 'its certificate has expired';
    return serial === undefined ? undefined : revoked.get(serial);
  }

  async function enrol({ code, request, canteen: expected, from }: Parameters<Enrolment['enrol']>[0]): Promise<Enrolled> {
    const wait = guesses.guess(from);
    if (wait !== undefined)
      throw new ServerError('too-many-guesses', `too many codes were wrong lately: none is looked at for the next ${wait} seconds`);
    const typed = readClaimCode(code);
    const hash = typed && hashOfCode(authority, typed);
    const found = hash === undefined ? undefined : await store.findCode(hash);
    if (found === undefined || hash === undefined)
      throw refused('there is no such code: mind that it has two groups of four, and that a newer code of the same canteen ends it', from);
    guesses.wasRight(from);
    if (found.used_at !== null) throw refused('this code was used already: a new one is needed', from);
    if (found.expires_at <= at()) throw refused(`this code expired at ${found.expires_at}: a new one is needed`, from);
    if (expected !== undefined && expected !== found.canteen)
      throw refused(`this code is for the canteen "${found.canteen}", and the settings of this gateway say "${expected}"`, from);
    if (!isKnown(found.canteen)) throw refused('the canteen of this code is no longer under supervision', from);
    const issued = await authority.issueGateway({ canteen: found.canteen, request, days: gatewayDays });
    const enrolled = entry({ who: gatewayOf(found.canteen), from }, 'gateway-enrolled', found.canteen, { serial: issued.serial });
    if (!(await store.redeem(hash, rowOf(found.canteen, issued, at()), enrolled)))
      throw refused('this code was used already: a new one is needed', from);
    log.info({ canteen: found.canteen, serial: issued.serial, from }, 'a gateway was enrolled');
    return { canteen: found.canteen, serial: issued.serial, certificate: issued.certificate };
  }

  function entry(by: By, action: string, subject: string, detail?: Record<string, unknown>): AuditEntry {
    return { at: now(), ...by, action, subject, ...(detail && { detail }) };
  }

  function refused(sentence: string, from: string): ServerError {
    log.warn({ from, reason: sentence }, 'a claim code was refused');
    return new ServerError('code-refused', sentence);
  }

  async function admit(certificate: X509Certificate): Promise<Admission> {
    const canteen = canteenNamed(certificate);
    if (canteen === undefined) return { kind: 'refused', reason: 'its certificate is not a gateway’s' };
    const issued = describeCertificate(certificate.toString());
    const refuse = (reason: string): Admission => ({ kind: 'refused', canteen, reason });
    if (!isKnown(canteen)) return refuse(reasons['canteen-withdrawn']);
    if (issued.notAfter <= now()) return refuse('its certificate has expired');
    if (revokedBefore.has(issued.serial)) return refuse(reasons.revoked);
    const row = (await store.findCertificate(issued.serial)) ?? (await adopt(canteen, issued));
    if (row.revoked_at !== null) return refuse(reasons[row.revoked_why ?? 'revoked']);
    // Five hundred that come in at once for the first time would each have all others looked up.
    if (row.used_at === null && (await store.markUsed(row, at()))) await reload();
    return { kind: 'admitted', canteen, serial: issued.serial, notAfter: issued.notAfter };
  }

  /** The authority's own signature is on it, so it was issued here: the database was restored from a copy that is older. */
  async function adopt(canteen: string, issued: Issued): Promise<CertificateRow> {
    await store.addCertificate(rowOf(canteen, issued, new Date(issued.notBefore).toISOString()));
    const row = await store.findCertificate(issued.serial);
    if (row === undefined) throw new Error('a certificate that was just written down is not there');
    log.warn({ canteen, serial: issued.serial }, 'a certificate of our own authority was not known, and is now');
    return row;
  }

  /** One at a time. */
  function reload(): Promise<void> {
    looking = looking.catch(() => undefined).then(look);
    return looking;
  }

  async function look(): Promise<void> {
    // First, because it must not wait for what may fail: who is shut out is out, also where a canteen cannot be released now.
    const rows = await store.revoked(at());
    revoked = new Map(rows.map(({ serial, revoked_why }) => [serial, reasons[revoked_why ?? 'revoked']]));
    onlyRevoked = new Set(await store.withoutCertificate(at()));
    await onLook({ over, revoked: rows.map(({ serial, revoked_at }) => ({ serial, at: Date.parse(revoked_at ?? at()) })) });
    const stored = await store.canteens();
    for (const canteen of stored.filter(({ id }) => !isKnown(id))) {
      await canteens.supervise(canteen);
      registered.add(canteen.id);
    }
    for (const id of [...registered].filter((known) => !stored.some((canteen) => canteen.id === known))) {
      // First: where it cannot be released now, it has to be found again at the next look.
      await canteens.release(id);
      registered.delete(id);
    }
  }
}

function rowOf(canteen: string, { serial, fingerprint, notBefore, notAfter }: Issued, issuedAt: string) {
  const [not_before, not_after] = [notBefore, notAfter].map((instant) => new Date(instant).toISOString()) as [string, string];
  return { serial, canteen, fingerprint, not_before, not_after, issued_at: issuedAt };
}

/** Whom the audit names where a gateway does something. */
function gatewayOf(canteen: string): string {
  return `gateway of ${canteen}`;
}

function unknownCanteen(id: string): ServerError {
  return new ServerError('not-found', `there is no canteen with the id "${id}"`);
}
