// The way to the server for whoever takes canteens on: their gateways, certificates and claim codes.
import type { GatewayCanteen, NewClaimCode } from '#contract/gateways.ts';

const requestTimeoutMs = 10_000;

export interface GatewaysView {
  at: string;
  fingerprint: string;
  /** Where gateways on other machines reach the server; null: nowhere, as far as its settings tell. */
  server: string | null;
  canteens: GatewayCanteen[];
}

/** Requests reject with an Error that says, in the server's sentence where it gave one, what was wrong. */
export interface GatewaysLine {
  gateways(signal: AbortSignal): Promise<GatewaysView>;
  create(canteen: { id: string; name: string; district: string }): Promise<void>;
  withdraw(id: string): Promise<void>;
  newCode(id: string): Promise<NewClaimCode>;
  revoke(serial: string): Promise<void>;
}

export function createGatewaysLine({ fetch }: { fetch: (path: string, init: RequestInit) => Promise<Response> }): GatewaysLine {
  async function ask<Answer>(
    method: string,
    path: string,
    { body, signal }: { body?: object; signal?: AbortSignal } = {},
  ): Promise<Answer> {
    const deadline = AbortSignal.timeout(requestTimeoutMs);
    // The header shows that the request comes from a page of ours: no other site can make a browser send it.
    const headers = { accept: 'application/json', 'x-mingzao': '1', ...(body !== undefined && { 'content-type': 'application/json' }) };
    const response = await fetch(path, {
      method,
      headers,
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = (await response.json()) as Answer & { message?: string };
    if (!response.ok) throw new Error(answer.message ?? `${response.status}`);
    return answer;
  }

  const at = (id: string) => `/api/canteens/${encodeURIComponent(id)}`;
  return {
    gateways: (signal) => ask('GET', '/api/gateways', { signal }),
    create: (body) => ask('POST', '/api/canteens', { body }),
    withdraw: (id) => ask('DELETE', at(id)),
    newCode: (id) => ask('POST', `${at(id)}/claim-code`, { body: {} }),
    revoke: (serial) => ask('POST', `/api/certificates/${serial}/revoke`),
  };
}
