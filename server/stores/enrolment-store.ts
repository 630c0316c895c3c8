// Keeps who is enrolled: canteens taken on while the server runs, claim codes (their hashes only), and every certificate that was issued.
import type { Kysely, Transaction } from 'kysely';
import type { AuditEntry } from './audit-chain.ts';
import { type Noted, takeTurn } from './audit-store.ts';
import type { EnrolmentTables, RevokedWhy } from './enrolment-tables.ts';
import type { Tables } from './tables.ts';

export type Registered = Pick<EnrolmentTables['registered_canteens'], 'id' | 'name' | 'district'>;
export type CertificateRow = EnrolmentTables['certificates'];
export type ClaimCodeRow = EnrolmentTables['claim_codes'];
type NewCertificate = Pick<CertificateRow, 'serial' | 'canteen' | 'fingerprint' | 'not_before' | 'not_after' | 'issued_at'>;

/** Instants are ISO 8601 in UTC. What is changed here is noted down in the audit by the same transaction. */
export interface EnrolmentStore {
  /** Those not withdrawn. */
  canteens(): Promise<Registered[]>;
  /** One that was withdrawn is back. */
  register(canteen: Registered, at: string, entry: AuditEntry): Promise<void>;
  /** With its certificates and its open code. */
  withdraw(id: string, at: string, entry: AuditEntry): Promise<void>;
  /** A canteen has one code at a time: older ones end. */
  addCode(code: Omit<ClaimCodeRow, 'used_at'>, entry: AuditEntry): Promise<void>;
  findCode(hash: string): Promise<ClaimCodeRow | undefined>;
  /** True for the one who was first; the certificate is written down in the same step. */
  redeem(hash: string, certificate: NewCertificate, entry: AuditEntry): Promise<boolean>;
  addCertificate(certificate: NewCertificate): Promise<void>;
  /**
   * False, and nothing is written down, where none of the canteen's certificates counts, or not the one it is renewed `over`, if that is known.
   * What was renewed shortly before and never used ends.
   */
  renew(certificate: NewCertificate, over: string | undefined, entry: AuditEntry): Promise<boolean>;
  /** Newest first. */
  certificates(): Promise<CertificateRow[]>;
  findCertificate(serial: string): Promise<CertificateRow | undefined>;
  /** A gateway came in with it for the first time: the older ones of its canteen have done their duty. True where there were any that counted. */
  markUsed(certificate: Pick<CertificateRow, 'serial' | 'canteen' | 'issued_at'>, at: string): Promise<boolean>;
  /** Ends all certificates of the canteen and its open code; gives the serial numbers of those that counted until then. */
  shutOut(canteen: string, at: string, entry: (revoked: string[]) => AuditEntry): Promise<string[]>;
  /** Those that would still be valid at `at`. */
  revoked(at: string): Promise<Pick<CertificateRow, 'serial' | 'revoked_at' | 'revoked_why'>[]>;
  /** The canteens that had certificates of which none counts at `at`. */
  withoutCertificate(at: string): Promise<string[]>;
}

export function enrolmentStore(db: Kysely<Tables>, noted: Noted): EnrolmentStore {
  return {
    canteens: () =>
      db.selectFrom('registered_canteens').select(['id', 'name', 'district']).where('withdrawn_at', 'is', null).orderBy('id').execute(),
    register: (canteen, at, entry) =>
      noted(entry, async (transaction) => {
        await transaction
          .insertInto('registered_canteens')
          .values({ ...canteen, created_at: at, withdrawn_at: null })
          .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...canteen, created_at: at, withdrawn_at: null }))
          .execute();
      }),
    withdraw: (id, at, entry) =>
      noted(entry, async (transaction) => {
        await transaction.updateTable('registered_canteens').set({ withdrawn_at: at }).where('id', '=', id).execute();
        await endAll(transaction, id, { revoked_at: at, revoked_why: 'canteen-withdrawn' });
      }),
    addCode: (code, entry) =>
      noted(entry, async (transaction) => {
        await transaction.deleteFrom('claim_codes').where('canteen', '=', code.canteen).execute();
        await transaction
          .insertInto('claim_codes')
          .values({ ...code, used_at: null })
          .execute();
      }),
    findCode: (hash) => db.selectFrom('claim_codes').selectAll().where('hash', '=', hash).executeTakeFirst(),
    redeem: (hash, certificate, entry) =>
      noted(ifDone(entry), async (transaction) => {
        const { numUpdatedRows } = await transaction
          .updateTable('claim_codes')
          .set({ used_at: certificate.issued_at })
          .where('hash', '=', hash)
          .where('used_at', 'is', null)
          .executeTakeFirstOrThrow();
        if (numUpdatedRows === 0n) return false;
        await transaction.insertInto('certificates').values(unused(certificate)).execute();
        return true;
      }),
    addCertificate: async (certificate) => {
      await db
        .insertInto('certificates')
        .values(unused(certificate))
        .onConflict((conflict) => conflict.column('serial').doNothing())
        .execute();
    },
    renew: (certificate, over, entry) =>
      noted(ifDone(entry), async (transaction) => {
        const { canteen, serial, issued_at: at } = certificate;
        await takeTurn(transaction, 'enrolment');
        const rows = await transaction.selectFrom('certificates').selectAll().where('canteen', '=', canteen).execute();
        const counting = rows.filter(({ revoked_at, not_after }) => revoked_at === null && not_after > at);
        if (!counting.some((row) => over === undefined || row.serial === over)) return false;
        for (const row of counting)
          if (row.serial !== over && row.used_at === null && isYoung(row, at))
            await transaction
              .updateTable('certificates')
              .set({ revoked_at: at, revoked_why: 'replaced', replaced_by: serial })
              .where('serial', '=', row.serial)
              .execute();
        await transaction.insertInto('certificates').values(unused(certificate)).execute();
        return true;
      }),
    certificates: () => db.selectFrom('certificates').selectAll().orderBy('issued_at', 'desc').orderBy('serial').execute(),
    findCertificate: (serial) => db.selectFrom('certificates').selectAll().where('serial', '=', serial).executeTakeFirst(),
    markUsed: ({ serial, canteen, issued_at }, at) =>
      db.transaction().execute(async (transaction) => {
        await takeTurn(transaction, 'enrolment');
        await transaction.updateTable('certificates').set({ used_at: at }).where('serial', '=', serial).execute();
        const { numUpdatedRows } = await transaction
          .updateTable('certificates')
          .set({ revoked_at: at, revoked_why: 'replaced', replaced_by: serial })
          .where('canteen', '=', canteen)
          .where('serial', '!=', serial)
          .where('issued_at', '<=', issued_at)
          .where('revoked_at', 'is', null)
          .executeTakeFirstOrThrow();
        return numUpdatedRows > 0n;
      }),
    shutOut: (canteen, at, entry) =>
      noted(
        (ended) => [entry(ended)],
        (transaction) => endAll(transaction, canteen, { revoked_at: at, revoked_why: 'revoked' }),
      ),
    revoked: (at) =>
      db
        .selectFrom('certificates')
        .select(['serial', 'revoked_at', 'revoked_why'])
        .where('revoked_at', 'is not', null)
        .where('not_after', '>', at)
        .orderBy('revoked_at')
        .execute(),
    withoutCertificate: async (at) => {
      const counting = db.selectFrom('certificates').select('canteen').where('revoked_at', 'is', null).where('not_after', '>', at);
      const rows = await db.selectFrom('certificates').select('canteen').distinct().where('canteen', 'not in', counting).execute();
      return rows.map(({ canteen }) => canteen);
    },
  };
}

function ifDone(entry: AuditEntry): (done: boolean) => AuditEntry[] {
  return (done) => (done ? [entry] : []);
}

/** The code goes first: who redeems it meanwhile has either written a certificate down, which ends with the others, or gets none. */
async function endAll(
  transaction: Transaction<Tables>,
  canteen: string,
  about: { revoked_at: string; revoked_why: RevokedWhy },
): Promise<string[]> {
  await transaction.deleteFrom('claim_codes').where('canteen', '=', canteen).where('used_at', 'is', null).execute();
  await takeTurn(transaction, 'enrolment');
  const ended = await transaction
    .updateTable('certificates')
    .set(about)
    .where('canteen', '=', canteen)
    .where('revoked_at', 'is', null)
    .returning('serial')
    .execute();
  return ended.map(({ serial }) => serial);
}

/** No gateway asks for its next certificate before half of this one's life: what is younger was issued and never arrived. */
function isYoung({ issued_at, not_after }: CertificateRow, at: string): boolean {
  const [issued, end] = [Date.parse(issued_at), Date.parse(not_after)];
  return Date.parse(at) < issued + (end - issued) / 2;
}

function unused(certificate: NewCertificate): CertificateRow {
  return { ...certificate, used_at: null, revoked_at: null, revoked_why: null, replaced_by: null };
}
