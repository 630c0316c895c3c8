// What can go wrong at the server that someone has to be told: a stable code to match on, and a sentence to read.

export type ServerErrorCode =
  | 'address-taken' // another program listens where we should
  | 'store-unusable' // the database cannot be opened, or is of another version
  | 'backup-unusable' // an archive cannot be written, or is not one of ours
  | 'authority-unusable' // the certificate authority's files cannot be read, or could be by others
  | 'in-use' // another server works in our folder
  | 'not-storing' // what is asked for cannot be told while nothing can be stored
  | 'telemetry-unreachable' // the store of points does not answer; points wait on the disk
  | 'overloaded' // more came in than may wait; the sender keeps it and tries again
  | 'closing' // the server is on its way down
  | 'invalid-request' // what is asked for cannot be, though each part of the question is well formed
  | 'code-refused' // a claim code is wrong, used, expired, or another canteen's
  | 'too-many-guesses' // so many claim codes were wrong that none is looked at for a while
  | 'not-enrolled' // a gateway without a certificate asks for a new one
  | 'too-many-requests' // one address asks more often than it may
  | 'not-found'
  | 'pages-not-built';

const statusOf: Partial<Record<ServerErrorCode, number>> = {
  'invalid-request': 400,
  'code-refused': 403,
  'not-enrolled': 403,
  'not-found': 404,
  'too-many-guesses': 429,
  'too-many-requests': 429,
};

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
