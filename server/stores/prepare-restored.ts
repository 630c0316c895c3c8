// Makes a state that was backed up ready to take the place of the present one. What the audit says is not forgotten by that.
import type { Kysely } from 'kysely';
import { ServerError } from '../errors.ts';
import type { AuditEntry, AuditHead } from './audit-chain.ts';
import { auditStore } from './audit-store.ts';
import type { StateAddress } from './copy-state.ts';
import { openDatabase } from './database.ts';
import type { Tables } from './tables.ts';

const rowsAtOnce = 500;
/** What lets somebody in who need not be let in any longer: since the back-up it may have ended, been revoked or been used. */
const keys = ['sessions', 'tokens', 'invitations', 'claim_codes'] as const;

/**
 * `file` is the SQLite file of a back-up; its tables are brought up to date, and all keys in it but passwords and certificates are thrown away: one that
 * was revoked or used since would come alive again. Where `present`, which may be missing, goes on with the same audit, what came later there is carried over. `noted` ends it, and where it ends then is given.
 * Throws ServerError `backup-unusable` where `present` holds another audit that would be lost, or what opening a database throws.
 */
export async function prepareRestored(file: string, about: { present: StateAddress | undefined; noted: AuditEntry }): Promise<AuditHead> {
  const { present, noted } = about;
  const restored = await openDatabase(`sqlite:${file}`, undefined);
  try {
    for (const table of keys) await restored.deleteFrom(table).execute();
    const audit = auditStore(restored);
    const carried = present && (await carryAudit(present, restored));
    await audit.record(carried ? { ...noted, detail: { ...noted.detail, carried } } : noted);
    return await audit.head();
  } finally {
    await restored.destroy();
  }
}

/** What was carried over, or how the other audit ended that stays behind in the file that is kept aside. */
async function carryAudit({ url, password }: StateAddress, restored: Kysely<Tables>): Promise<object> {
  const source = await openDatabase(url, password);
  try {
    const [theirs, ours] = [auditStore(source), auditStore(restored, () => undefined)];
    const [present, kept] = [await theirs.head(), await ours.head()];
    if (present.sequence <= kept.sequence) {
      if (await holds(restored, present)) return { entries: 0 };
    } else if (await holds(source, kept)) {
      for (let from = kept.sequence; from < present.sequence; ) {
        const rows = await theirs.after(from, rowsAtOnce);
        await restored.insertInto('audit').values(rows).execute();
        from = rows.at(-1)?.sequence ?? present.sequence;
      }
      await restored
        .updateTable('turns')
        .set({ turn: await theirs.made() })
        .where('name', '=', 'audit')
        .execute();
      return { entries: present.sequence - kept.sequence };
    }
    if (url.startsWith('sqlite:')) return { left: `${present.sequence}:${present.hash}` };
    throw new ServerError(
      'backup-unusable',
      'the audit in the database is not the one this back-up goes on from, and would be lost: restore into an empty database',
    );
  } finally {
    await source.destroy();
  }
}

async function holds(db: Kysely<Tables>, { sequence, hash }: { sequence: number; hash: string }): Promise<boolean> {
  if (sequence === 0) return true;
  const row = await db.selectFrom('audit').select('hash').where('sequence', '=', sequence).executeTakeFirst();
  return row?.hash === hash;
}
