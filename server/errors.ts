// What can go wrong at the server that someone has to be told: a stable code to match on, and a sentence to read.

export type ServerErrorCode =
  | 'address-taken' // another program listens where we should
  | 'store-unusable' // the database cannot be opened, or is of another version
  | 'backup-unusable' // an archive cannot be written, or is not one of ours
  | 'authority-unusable' // the certificate authority's files cannot be read, or could be by others
  | 'audit-unusable' // there is none, or it cannot be written out
  | 'audit-broken' // it was changed from outside; the sentence says where
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
  | 'not-signed-in' // nobody is signed in, or not any longer
  | 'not-allowed' // whoever is signed in may not do this
  | 'foreign-request' // it may come from another site, in the name of whoever looks at that
  | 'wrong-credentials' // name or password
  | 'code-needed' // name and password are right, and the second factor is missing
  | 'wrong-code' // of the second factor
  | 'slow-down' // too many failed attempts; there is a moment to wait
  | 'weak-password' // what a password has to be is in the sentence
  | 'link-unusable' // a one-time link that was used, is too old, or was replaced
  | 'name-taken' // by somebody else
  | 'last-administrator' // nobody would be left who can look after people
  | 'pages-not-built';

const statusOf: Partial<Record<ServerErrorCode, number>> = {
  ...{ 'invalid-request': 400, 'weak-password': 400 },
  ...{ 'not-signed-in': 401, 'wrong-credentials': 401, 'code-needed': 401, 'wrong-code': 401 },
  ...{ 'not-allowed': 403, 'foreign-request': 403, 'code-refused': 403, 'not-enrolled': 403 },
  ...{ 'not-found': 404, 'name-taken': 409, 'last-administrator': 409, 'link-unusable': 410 },
  ...{ 'slow-down': 429, 'too-many-guesses': 429, 'too-many-requests': 429 },
};

/** `message` is meant to be read by whoever caused or runs into the error; it never holds a secret. */
export class ServerError extends Error {
  override name = 'ServerError';
  readonly code: ServerErrorCode;
  readonly statusCode: number;

  /** When asking again makes sense. */
  readonly retryAfterSeconds: number | undefined;

  constructor(code: ServerErrorCode, message: string, options: ErrorOptions & { retryAfterSeconds?: number } = {}) {
    super(message, options);
    this.retryAfterSeconds = options.retryAfterSeconds;
    this.code = code;
    this.statusCode = statusOf[code] ?? 503;
  }
}

/** Whatever the reason, whoever guesses learns nothing more. */
export function linkUnusable(): ServerError {
  return new ServerError('link-unusable', 'this link was used already, has expired, or was replaced by a newer one; ask for another');
}
