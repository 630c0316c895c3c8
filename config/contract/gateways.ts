// What the page of gateways shows: canteens, the certificates of their gateways, and a claim code when it was just made.
import { type Static, Type } from 'typebox';
import { Identifier, Instant } from './primitives.ts';

const closed = { additionalProperties: false };

/** `waiting`: issued and not yet used. `replaced`: a newer one of the same canteen was used. */
export const CertificateState = Type.Enum(['in-use', 'waiting', 'replaced', 'revoked', 'expired']);
export type CertificateState = Static<typeof CertificateState>;

export const GatewayCertificate = Type.Object(
  {
    serial: Type.String({ description: 'upper-case hex' }),
    state: CertificateState,
    issuedAt: Instant,
    expiresAt: Instant,
    revokedAt: Type.Union([Instant, Type.Null()]),
  },
  closed,
);
export type GatewayCertificate = Static<typeof GatewayCertificate>;

export const GatewayCanteen = Type.Object(
  {
    id: Identifier,
    name: Type.String(),
    district: Type.String(),
    inSettings: Type.Boolean({ description: 'it stands in the server’s settings, and is withdrawn there' }),
    heardAt: Type.Union([Instant, Type.Null()], { description: 'when its gateway was last heard' }),
    certificates: Type.Array(GatewayCertificate, { description: 'newest first' }),
  },
  closed,
);
export type GatewayCanteen = Static<typeof GatewayCanteen>;

export const NewClaimCode = Type.Object(
  {
    code: Type.String({ description: 'eight symbols in two groups; it is never shown again' }),
    expiresAt: Instant,
    fingerprint: Type.String({ description: 'SHA-256 of the certificate authority, by which the gateway knows the server' }),
    server: Type.Union([Type.String(), Type.Null()], { description: 'where the gateway reaches this server, as far as its settings tell' }),
  },
  { ...closed, description: 'The code, and what else the gateway is to be given' },
);
export type NewClaimCode = Static<typeof NewClaimCode>;
