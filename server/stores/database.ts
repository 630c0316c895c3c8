// Opens the state database a URL names, on the engine it names, with its tables up to date.
import { type Dialect, Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { ServerError } from '../errors.ts';
import { migrations } from './migrations.ts';
import { postgresDialect } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

const engines: Record<string, (url: string, password: string | undefined, alone: boolean) => Dialect> = {
  'sqlite:': (url) => sqliteDialect(url.slice('sqlite:'.length)),
  'postgres:': postgresDialect,
};

/** `sqlite:<file>`, `sqlite::memory:` or `postgres://user@host:port/database`, where `alone` keeps other servers out. Throws ServerError `store-unusable` or `in-use`. */
export async function openDatabase(url: string, password: string | undefined, { alone } = { alone: true }): Promise<Kysely<Tables>> {
  const engine = engines[url.slice(0, url.indexOf(':') + 1)];
  if (engine === undefined)
    throw new ServerError(
      'store-unusable',
      `the store "${url}" is of no known kind; allowed: sqlite:<file>, postgres://<user>@<host>/<database>`,
    );
  const db = connect(url, () => engine(url, password, alone));
  await (alone ? migrate(db, url) : refuseOldTables(db, url));
  return db;
}

function connect(url: string, dialect: () => Dialect): Kysely<Tables> {
  try {
    return new Kysely<Tables>({ dialect: dialect() });
  } catch (cause) {
    throw new ServerError('store-unusable', `the database ${url} cannot be opened: ${reason(cause)}`, { cause });
  }
}

/** Two servers that start at once do not disturb each other here: the migrator takes a lock that both engines know. */
async function migrate(db: Kysely<Tables>, url: string): Promise<void> {
  const { error } = await new Migrator({ db, provider: { getMigrations: async () => migrations } })
    .migrateToLatest()
    .catch((cause: unknown) => ({ error: cause }));
  if (error === undefined) return;
  await db.destroy();
  if (error instanceof ServerError) throw error;
  throw new ServerError('store-unusable', `the tables of ${url} cannot be brought up to date: ${reason(error)}`, { cause: error });
}

/** A server may be at work there: its tables are not for others to change. */
async function refuseOldTables(db: Kysely<Tables>, url: string): Promise<void> {
  const known = await new Migrator({ db, provider: { getMigrations: async () => migrations } })
    .getMigrations()
    .catch((cause: unknown) => new ServerError('store-unusable', `${url} cannot be read: ${reason(cause)}`, { cause }));
  const old = !(known instanceof ServerError) && known.some(({ executedAt }) => executedAt === undefined);
  if (!old && !(known instanceof ServerError)) return;
  await db.destroy();
  if (known instanceof ServerError) throw known;
  throw new ServerError(
    'store-unusable',
    `the tables of ${url} are those of an older version: start the server there once, then try again`,
  );
}

/** Connecting to several addresses of one name fails with a list, which has no message of its own. */
function reason(cause: unknown): string {
  const [first] = cause instanceof AggregateError ? cause.errors : [cause];
  return first instanceof Error ? first.message : String(first);
}
