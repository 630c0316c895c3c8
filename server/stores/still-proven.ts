// Refuses what somebody was about to do by a password that was changed meanwhile, or who was disabled meanwhile.
import type { Transaction } from 'kysely';
import { ServerError } from '../errors.ts';
import type { Tables } from './tables.ts';

/** What somebody proved: that they know the password of this hash, as it was then. */
export interface Proven {
  person: string;
  passwordHash: string;
}

/**
 * To be called first in the transaction that does it. Writing the row, though nothing changes in it, lets only one at a time do this or change the
 * password. Throws ServerError `wrong-credentials`.
 */
export async function stillProven(db: Transaction<Tables>, { person, passwordHash }: Proven): Promise<void> {
  const { numUpdatedRows } = await db
    .updateTable('people')
    .set({ password_hash: passwordHash })
    .where('id', '=', person)
    .where('password_hash', '=', passwordHash)
    .where('disabled_at', 'is', null)
    .executeTakeFirstOrThrow();
  if (Number(numUpdatedRows) === 0)
    throw new ServerError('wrong-credentials', 'the password was changed or the account disabled at this moment; sign in anew');
}
