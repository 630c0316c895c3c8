// What can go wrong at the gateway that someone has to be told: a stable code to match on, and a sentence to read.

export type GatewayErrorCode =
  | 'store-unusable' // a file in the data directory cannot be used, or another gateway is using it
  | 'identity-unusable' // this gateway has no certificate, or none that counts
  | 'enrolment-failed' // the server gave no certificate, or is not the one it should be
  | 'disk-full' // the disk takes nothing more
  | 'picture-too-large'; // the server would not take it as evidence

/** `message` is meant to be read by whoever keeps the gateway running; it never holds a secret. */
export class GatewayError extends Error {
  override name = 'GatewayError';
  readonly code: GatewayErrorCode;

  constructor(code: GatewayErrorCode, message: string, options: ErrorOptions = {}) {
    super(message, options);
    this.code = code;
  }
}
