// Lets the query builder use PostgreSQL, and keeps those out of a database who must not use it at the same time.
import { type Dialect, PostgresDialect } from 'kysely';
import { type ClientBase, type ClientConfig, DatabaseError, Pool, type PoolClient } from 'pg';
import { ServerError } from '../errors.ts';

/** `alone`: nobody else writes meanwhile. `shared`: other servers may, who use it in the same way. `looking`: it is only read, whoever is at work. */
export type Use = 'alone' | 'shared' | 'looking';

const connectWithinMs = 5_000;
const answerWithinMs = 120_000;
/** A server that has just ended is still taking its leave of the database. */
const farewellMs = 3_000;
/** One writes, and meanwhile others answer what pages ask. */
const connectionsMax = 4;

/** Any number, as long as it stays: it stands for "at work in this database". */
const lockKey = 1_835_625_319;

/**
 * `postgres://user@host:port/database`; `?host=/a/folder` names a local socket, `?tls=true` asks for TLS with a certificate that is checked.
 * Connects when it is first used, and again whenever the connection is lost. A use fails with ServerError `in-use` while somebody is at work there with whom it cannot be shared.
 */
export function postgresDialect(url: string, password: string | undefined, use: Use): Dialect {
  const pool = new Pool({
    ...{ ...clientSettings(url, password), max: use === 'shared' ? connectionsMax : 1, idleTimeoutMillis: 0 },
    // The lock lives exactly as long as the connection does.
    ...(use !== 'looking' && { verify: (client, done) => void holdLock(client, use).then(() => done(), done) }),
  });
  // Whoever uses the connection, or the next one, is told; unheard, these events would end the process.
  pool.on('error', () => undefined);
  pool.on('connect', (client) => client.on('error', () => undefined));
  return new PostgresDialect({ pool });
}

export function clientSettings(url: string, password: string | undefined): ClientConfig {
  const { username, hostname, port, pathname, searchParams } = new URL(url);
  return {
    ...{ host: searchParams.get('host') ?? decodeURIComponent(hostname), port: Number(port || '5432') },
    ...{ user: decodeURIComponent(username), database: decodeURIComponent(pathname.slice(1)) },
    // Without one given, nothing from the environment of this process is taken for it.
    password: password ?? '',
    ...(searchParams.get('tls') === 'true' && { ssl: { rejectUnauthorized: true } }),
    ...{ application_name: 'mingzao', keepAlive: true, connectionTimeoutMillis: connectWithinMs },
    ...{ query_timeout: answerWithinMs, statement_timeout: answerWithinMs },
  };
}

async function holdLock(client: PoolClient, use: 'alone' | 'shared'): Promise<void> {
  await noticeDeath(client, { afterSeconds: 20, everySeconds: 10 });
  await client.query(`set lock_timeout = ${farewellMs}`);
  try {
    await client.query(`select ${use === 'alone' ? 'pg_advisory_lock' : 'pg_advisory_lock_shared'}($1)`, [lockKey]);
  } catch (cause) {
    if (!isLockTimeout(cause)) throw cause;
    throw new ServerError('in-use', inUse[use], { cause });
  }
  await client.query('set lock_timeout = 0');
}

const inUse = {
  alone:
    'another server is at work in this PostgreSQL database: stop it first, or give this one another database. ' +
    'Several servers at a time need measured numbers in InfluxDB (telemetry.url), and no restore is possible meanwhile',
  shared:
    'this PostgreSQL database is not to be shared at present: a server is at work there that keeps measured numbers in a file of its own ' +
    '(telemetry.url), or it is being restored, or its tables are being brought up to date',
};

/** The locks of a server whose machine died are given up soon, and not only after two hours. */
export async function noticeDeath(client: ClientBase, { afterSeconds, everySeconds }: Record<'afterSeconds' | 'everySeconds', number>) {
  const settings = { idle: afterSeconds, interval: everySeconds, count: 3 };
  await client.query(
    Object.entries(settings)
      .map(([name, value]) => `set tcp_keepalives_${name} = ${value}`)
      .join('; '),
  );
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '55P03';
}
