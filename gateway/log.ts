// What of pino the gateway uses, and how its log is set up.
import { pino } from 'pino';

export interface Log {
  debug(data: object, message: string): void;
  info(data: object, message: string): void;
  warn(data: object, message: string): void;
  error(data: object, message: string): void;
}

export type LogLevel = 'debug' | 'info' | 'warn' | 'error';

/** JSON lines on standard output. Whatever is named like a secret or a stream address is left out. */
export function createLog(level: LogLevel): Log {
  return pino({ level, redact: { paths: secretPaths, censor: '(not logged)' } });
}

const secretNames = ['password', 'key', 'credentials', 'streamUri', 'uri', 'url'];
const secretPaths = secretNames.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]);
