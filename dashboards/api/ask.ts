// One request to the server's interface, with a deadline and a body where it changes something.

const requestTimeoutMs = 10_000;

export type Ask = <Answer>(method: string, path: string, about?: { body?: object; signal?: AbortSignal }) => Promise<Answer>;
export type Fetch = (path: string, init: RequestInit) => Promise<Response>;

/** The server refused. `code` is stable; the message is the server's sentence. */
export class Refused extends Error {
  override name = 'Refused';
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}

export function createAsk({ fetch }: { fetch: Fetch }): Ask {
  return async <Answer>(method: string, path: string, { body, signal }: { body?: object; signal?: AbortSignal } = {}) => {
    const deadline = AbortSignal.timeout(requestTimeoutMs);
    // The header shows that the request comes from a page of ours: no other site can make a browser send it.
    const headers = { accept: 'application/json', 'x-mingzao': '1', ...(body !== undefined && { 'content-type': 'application/json' }) };
    const response = await fetch(path, {
      method,
      headers,
      signal: signal === undefined ? deadline : AbortSignal.any([signal, deadline]),
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const answer = response.status === 204 ? undefined : await response.json();
    if (!response.ok) throw new Refused(answer?.error ?? '', answer?.message ?? `${response.status}`);
    return answer as Answer;
  };
}
