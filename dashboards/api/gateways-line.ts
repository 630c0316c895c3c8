// The way to the server for whoever takes canteens on: their gateways, certificates and claim codes.
import type { GatewayCanteen, NewClaimCode } from '#contract/gateways.ts';
import type { Ask } from './ask.ts';

export interface GatewaysView {
  at: string;
  fingerprint: string;
  /** Where gateways on other machines reach the server; null: nowhere, as far as its settings tell. */
  server: string | null;
  canteens: GatewayCanteen[];
}

/** Requests reject with `Refused`, or with whatever the network says. */
export interface GatewaysLine {
  gateways(signal: AbortSignal): Promise<GatewaysView>;
  create(canteen: { id: string; name: string; district: string }): Promise<void>;
  withdraw(id: string): Promise<void>;
  newCode(id: string): Promise<NewClaimCode>;
  revoke(serial: string): Promise<void>;
}

export function createGatewaysLine({ ask }: { ask: Ask }): GatewaysLine {
  const at = (id: string) => `/api/canteens/${encodeURIComponent(id)}`;
  return {
    gateways: (signal) => ask('GET', '/api/gateways', { signal }),
    create: (body) => ask('POST', '/api/canteens', { body }),
    withdraw: (id) => ask('DELETE', at(id)),
    newCode: (id) => ask('POST', `${at(id)}/claim-code`, { body: {} }),
    revoke: (serial) => ask('POST', `/api/certificates/${serial}/revoke`),
  };
}
