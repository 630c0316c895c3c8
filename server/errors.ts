// What can go wrong at the server that someone has to be told: a stable code to match on, and a sentence to read.

export type ServerErrorCode =
  | 'address-taken' // another program listens where we should
  | 'store-unusable' // the database cannot be opened, or is of another version
  | 'in-use' // another server works in our folder
  | 'not-storing' // what is asked for cannot be told while nothing can be stored
  | 'overloaded' // more came in than may wait; the sender keeps it and tries again
  | 'closing' // the server is on its way down
  | 'not-found'
  | 'pages-not-built';

/** `message` is meant to be read by whoever caused or runs into the error; it never holds a secret. */
export class ServerError extends Error {
  override name = 'ServerError';
  readonly code: ServerErrorCode;
  readonly statusCode: number;

  constructor(code: ServerErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
    this.statusCode = code === 'not-found' ? 404 : 503;
  }
}
