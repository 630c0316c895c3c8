// What can go wrong at the server that someone has to be told: a stable code to match on, and a sentence to read.

export type ServerErrorCode =
  | 'address-taken' // another program listens where we should
  | 'store-unusable' // the database cannot be opened, or is of another version
  | 'backup-unusable' // an archive cannot be written, or is not one of ours
  | 'in-use' // another server works in our folder
  | 'not-storing' // what is asked for cannot be told while nothing can be stored
  | 'telemetry-unreachable' // the store of points does not answer; points wait on the disk
  | 'overloaded' // more came in than may wait; the sender keeps it and tries again
  | 'closing' // the server is on its way down
  | 'invalid-request' // what is asked for cannot be, though each part of the question is well formed
  | 'not-found'
  | 'pages-not-built';

const statusOf: Partial<Record<ServerErrorCode, number>> = { 'invalid-request': 400, 'not-found': 404 };

/** `message` is meant to be read by whoever caused or runs into the error; it never holds a secret. */
export class ServerError extends Error {
  override name = 'ServerError';
  readonly code: ServerErrorCode;
  readonly statusCode: number;

  constructor(code: ServerErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.statusCode = statusOf[code] ?? 503;
  }
}
