// Keeps who is enrolled: canteens taken on while the server runs, claim codes (their hashes only), and every certificate that was issued.
import type { Kysely } from 'kysely';
import type { EnrolmentTables, RevokedWhy } from './enrolment-tables.ts';
import type { Tables } from './tables.ts';

export type Registered = Pick<EnrolmentTables['registered_canteens'], 'id' | 'name' | 'district'>;
export type CertificateRow = EnrolmentTables['certificates'];
export type ClaimCodeRow = EnrolmentTables['claim_codes'];
type NewCertificate = Pick<CertificateRow, 'serial' | 'canteen' | 'fingerprint' | 'not_before' | 'not_after' | 'issued_at'>;

/** Instants are ISO 8601 in UTC. */
export interface EnrolmentStore {
  /** Those not withdrawn. */
  canteens(): Promise<Registered[]>;
  /** One that was withdrawn is back. */
  register(canteen: Registered, at: string): Promise<void>;
  withdraw(id: string, at: string): Promise<void>;
  /** A canteen has one code at a time: older ones end. */
  addCode(code: Omit<ClaimCodeRow, 'used_at'>): Promise<void>;
  findCode(hash: string): Promise<ClaimCodeRow | undefined>;
  /** True for the one who was first; the certificate is written down in the same step. */
  redeem(hash: string, certificate: NewCertificate): Promise<boolean>;
  addCertificate(certificate: NewCertificate): Promise<void>;
  /** Of every canteen or of one, newest first. */
  certificates(canteen?: string): Promise<CertificateRow[]>;
  findCertificate(serial: string): Promise<CertificateRow | undefined>;
  /** A gateway came in with it for the first time: the older ones of its canteen have done their duty. */
  markUsed(certificate: Pick<CertificateRow, 'serial' | 'canteen' | 'issued_at'>, at: string): Promise<void>;
  /** Those of the serial numbers, or of the canteen, that were not revoked before. */
  revoke(which: { serial: string } | { canteen: string }, about: { at: string; why: RevokedWhy }): Promise<void>;
  /** Those that would still be valid at `at`. */
  revoked(at: string): Promise<Pick<CertificateRow, 'serial' | 'revoked_at' | 'revoked_why'>[]>;
  /** The canteens that had certificates of which none counts at `at`. */
  withoutCertificate(at: string): Promise<string[]>;
}

export function enrolmentStore(db: Kysely<Tables>): EnrolmentStore {
  const unrevoked = () => db.updateTable('certificates').where('revoked_at', 'is', null);
  return {
    canteens: () =>
      db.selectFrom('registered_canteens').select(['id', 'name', 'district']).where('withdrawn_at', 'is', null).orderBy('id').execute(),
    register: async (canteen, at) => {
      await db
        .insertInto('registered_canteens')
        .values({ ...canteen, created_at: at, withdrawn_at: null })
        .onConflict((conflict) => conflict.column('id').doUpdateSet({ ...canteen, created_at: at, withdrawn_at: null }))
        .execute();
    },
    withdraw: async (id, at) => {
      await db.updateTable('registered_canteens').set({ withdrawn_at: at }).where('id', '=', id).execute();
    },
    addCode: (code) =>
      db.transaction().execute(async (transaction) => {
        await transaction.deleteFrom('claim_codes').where('canteen', '=', code.canteen).execute();
        await transaction
          .insertInto('claim_codes')
          .values({ ...code, used_at: null })
          .execute();
      }),
    findCode: (hash) => db.selectFrom('claim_codes').selectAll().where('hash', '=', hash).executeTakeFirst(),
    redeem: (hash, certificate) =>
      db.transaction().execute(async (transaction) => {
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
    certificates: (canteen) => {
      const all = db.selectFrom('certificates').selectAll().orderBy('issued_at', 'desc').orderBy('serial');
      return (canteen === undefined ? all : all.where('canteen', '=', canteen)).execute();
    },
    findCertificate: (serial) => db.selectFrom('certificates').selectAll().where('serial', '=', serial).executeTakeFirst(),
    markUsed: ({ serial, canteen, issued_at }, at) =>
      db.transaction().execute(async (transaction) => {
        await transaction.updateTable('certificates').set({ used_at: at }).where('serial', '=', serial).execute();
        await transaction
          .updateTable('certificates')
          .set({ revoked_at: at, revoked_why: 'replaced', replaced_by: serial })
          .where('canteen', '=', canteen)
          .where('serial', '!=', serial)
          .where('issued_at', '<=', issued_at)
          .where('revoked_at', 'is', null)
          .execute();
      }),
    revoke: async (which, { at, why }) => {
      const some = 'serial' in which ? unrevoked().where('serial', '=', which.serial) : unrevoked().where('canteen', '=', which.canteen);
      await some.set({ revoked_at: at, revoked_why: why }).execute();
    },
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

function unused(certificate: NewCertificate): CertificateRow {
  return { ...certificate, used_at: null, revoked_at: null, revoked_why: null, replaced_by: null };
}
