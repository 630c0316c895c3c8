// Opens the state database a URL names, on the engine it names, with its tables up to date.
import { type Dialect, Kysely } from 'kysely';
import { Migrator } from 'kysely/migration';
import { ServerError } from '../errors.ts';
import { migrations } from './migrations.ts';
import { postgresDialect, type Use } from './postgres.ts';
import { sqliteDialect } from './sqlite.ts';
import type { Tables } from './tables.ts';

const engines: Record<string, (url: string, password: string | undefined, use: Use) => Promise<Dialect>> = {
  'sqlite:': (url) => sqliteDialect(url.slice('sqlite:'.length)),
  'postgres:': async (...about) => postgresDialect(...about),
};

/**
 * `sqlite:<file>`, `sqlite::memory:` or `postgres://user@host:port/database`. `use` says with whom it may be shared; a file never is.
 * Throws ServerError `store-unusable` or `in-use`.
 */
export async function openDatabase(url: string, password: string | undefined, use: Use = 'alone'): Promise<Kysely<Tables>> {
  const engine = engines[url.slice(0, url.indexOf(':') + 1)];
  if (engine === undefined)
    throw new ServerError(
      'store-unusable',
      `the store "${url}" is of no known kind; allowed: sqlite:<file>, postgres://<user>@<host>/<database>`,
    );
  const open = (as: Use) => connect(url, () => engine(url, password, as));
  const db = await open(use);
  if (use === 'alone') return migrated(db, url);
  if (await hasTables(db, url)) return db;
  if (use === 'looking') {
    await db.destroy();
    throw new ServerError(
      'store-unusable',
      `the tables of ${url} are those of an older version: start the server there once, then try again`,
    );
  }
  // Servers of the older version may be at work: their tables are not changed under them.
  await db.destroy();
  await (await migrated(await open('alone'), url)).destroy();
  return open(use);
}

async function connect(url: string, dialect: () => Promise<Dialect>): Promise<Kysely<Tables>> {
  try {
    return new Kysely<Tables>({ dialect: await dialect() });
  } catch (cause) {
    throw new ServerError('store-unusable', `the database ${url} cannot be opened: ${reason(cause)}`, { cause });
  }
}

/** Two servers that start at once do not disturb each other here: the migrator takes a lock that both engines know. */
async function migrated(db: Kysely<Tables>, url: string): Promise<Kysely<Tables>> {
  const { error } = await migrator(db)
    .migrateToLatest()
    .catch((cause: unknown) => ({ error: cause }));
  if (error === undefined) return db;
  await db.destroy();
  if (error instanceof ServerError) throw error;
  throw new ServerError('store-unusable', `the tables of ${url} cannot be brought up to date: ${reason(error)}`, { cause: error });
}

async function hasTables(db: Kysely<Tables>, url: string): Promise<boolean> {
  try {
    return (await migrator(db).getMigrations()).every(({ executedAt }) => executedAt !== undefined);
  } catch (cause) {
    await db.destroy();
    throw cause instanceof ServerError ? cause : new ServerError('store-unusable', `${url} cannot be read: ${reason(cause)}`, { cause });
  }
}

function migrator(db: Kysely<Tables>): Migrator {
  return new Migrator({ db, provider: { getMigrations: async () => migrations } });
}

/** Connecting to several addresses of one name fails with a list, which has no message of its own. */
function reason(cause: unknown): string {
  const [first] = cause instanceof AggregateError ? cause.errors : [cause];
  return first instanceof Error ? first.message : String(first);
}
