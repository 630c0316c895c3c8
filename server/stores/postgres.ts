// Lets the query builder use PostgreSQL, over one connection that also keeps every other server out of the database.
import { type Dialect, PostgresDialect } from 'kysely';
import { type ClientBase, DatabaseError, Pool, type PoolClient } from 'pg';
import { ServerError } from '../errors.ts';

const connectWithinMs = 5_000;
const answerWithinMs = 120_000;
/** A server that has just ended is still taking its leave of the database. */
const farewellMs = 3_000;

/** Any number, as long as it stays: it stands for "the server at work in this database". */
const lockKey = 1_835_625_319;

/**
 * `postgres://user@host:port/database`; `?host=/a/folder` names a local socket, `?tls=true` asks for TLS with a certificate that is checked.
 * Connects when it is first used, and again whenever the connection is lost. `alone`: a use fails with ServerError `in-use` while another server is at work there.
 */
export function postgresDialect(url: string, password: string | undefined, alone: boolean): Dialect {
  const { username, hostname, port, pathname, searchParams } = new URL(url);
  const pool = new Pool({
    // What is written goes through one transaction at a time anyway. The lock lives exactly as long as the connection does.
    ...{ max: 1, ...(alone && { verify: holdLock }) },
    ...{ host: searchParams.get('host') ?? decodeURIComponent(hostname), port: Number(port || '5432') },
    ...{ user: decodeURIComponent(username), database: decodeURIComponent(pathname.slice(1)) },
    // Without one given, nothing from the environment of this process is taken for it.
    password: password ?? '',
    ...(searchParams.get('tls') === 'true' && { ssl: { rejectUnauthorized: true } }),
    ...{ application_name: 'mingzao', keepAlive: true, connectionTimeoutMillis: connectWithinMs },
    ...{ idleTimeoutMillis: 0, query_timeout: answerWithinMs, statement_timeout: answerWithinMs },
  });
  // Whoever uses the next connection is told; unheard, the event would end the process.
  pool.on('error', () => undefined);
  return new PostgresDialect({ pool });
}

function holdLock(client: PoolClient, done: (error?: Error) => void): void {
  takeLock(client).then(() => done(), done);
}

async function takeLock(client: ClientBase): Promise<void> {
  // A server whose machine died holds its lock until the database notices: within a minute, not within two hours.
  await client.query('set tcp_keepalives_idle = 20; set tcp_keepalives_interval = 10; set tcp_keepalives_count = 3');
  await client.query(`set lock_timeout = ${farewellMs}`);
  try {
    await client.query('select pg_advisory_lock($1)', [lockKey]);
  } catch (cause) {
    if (!isLockTimeout(cause)) throw cause;
    throw new ServerError(
      'in-use',
      'another server is at work in this PostgreSQL database: stop it first, or give this one another database',
      { cause },
    );
  }
  await client.query('set lock_timeout = 0');
}

function isLockTimeout(error: unknown): boolean {
  return error instanceof DatabaseError && error.code === '55P03';
}
