// Opens the state database a URL names, on the engine it names, with its tables up to date.
import { type Dialect, Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { ServerError } from '../errors.ts';
import { migrations } from './migrations.ts';
import { postgresDialect } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

const engines: Record<string, (url: string, password: string | undefined) => Dialect> = {
  'sqlite:': (url) => sqliteDialect(url.slice('sqlite:'.length)),
  'postgres:': postgresDialect,
};

/** `sqlite:<file>`, `sqlite::memory:` or `postgres://user@host:port/database`. Throws ServerError `store-unusable` or `in-use`. */
export async function openDatabase(url: string, password: string | undefined): Promise<Kysely<Tables>> {
  const engine = engines[url.slice(0, url.indexOf(':') + 1)];
  if (engine === undefined)
    throw new ServerError(
      'store-unusable',
      `the store "${url}" is of no known kind; allowed: sqlite:<file>, postgres://<user>@<host>/<database>`,
    );
  const db = connect(url, () => engine(url, password));
  await migrate(db, url);
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

/** Connecting to several addresses of one name fails with a list, which has no message of its own. */
function reason(cause: unknown): string {
  const [first] = cause instanceof AggregateError ? cause.errors : [cause];
  return first instanceof Error ? first.message : String(first);
}
