// How an enrolled gateway gets its next certificate, over the connection that the present one opened.
import { type Static, Type } from 'typebox';

const closed = { additionalProperties: false };
const Pem = Type.String({ minLength: 1, maxLength: 8192, description: 'PEM' });

/** The gateway made a new key, which never leaves it, and asks for a certificate for it. */
export const CertificateRequest = Type.Object(
  {
    schemaVersion: Type.Literal(1),
    request: Type.String({ ...Pem, description: 'PKCS #10, in PEM, signed by the new key; the names in it are passed over' }),
  },
  closed,
);
export type CertificateRequest = Static<typeof CertificateRequest>;

/** The answer. The certificate used so far counts until the new one is used for the first time. */
export const CertificateAnswer = Type.Union([
  Type.Object({ schemaVersion: Type.Literal(1), certificate: Type.String({ ...Pem, description: 'X.509, in PEM' }) }, closed),
  Type.Object({ schemaVersion: Type.Literal(1), refused: Type.String({ maxLength: 500, description: 'why there is none' }) }, closed),
]);
export type CertificateAnswer = Static<typeof CertificateAnswer>;
