// How an HTTP answer gets onto the wire: whole, or spoilt by whichever fault of the network is switched on.
import { once } from 'node:events';
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Faults } from '../faults.ts';

export interface HttpAnswer {
  status: number;
  headers: OutgoingHttpHeaders;
  body: Buffer | string;
}

type Delivery = (answer: HttpAnswer, response: ServerResponse) => void | Promise<void>;

/** The first of these that is switched on decides; without any, the answer goes out as it is. */
const spoilt = {
  silent: () => undefined,
  redirect: (_answer, response) => send({ status: 302, headers: { location: '/doc/page/login.asp' }, body: '' }, response),
  'http-500': (_answer, response) =>
    send({ status: 500, headers: { 'content-type': 'text/plain' }, body: 'Internal Server Error' }, response),
  malformed: (answer, response) => send({ ...answer, body: isXml(answer) ? withoutEnd(answer.body) : answer.body }, response),
  truncated: (answer, response) => {
    const body = Buffer.from(answer.body);
    response.writeHead(answer.status, { ...answer.headers, 'content-length': body.length });
    response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy());
  },
  'slow-drip': (answer, response) => drip(answer, response),
  huge: (answer, response) => flood(answer, response),
} satisfies Record<string, Delivery>;

export async function deliver(answer: HttpAnswer, { response, faults }: { response: ServerResponse; faults: Faults }): Promise<void> {
  const names = Object.keys(spoilt) as (keyof typeof spoilt)[];
  const fault = names.find((name) => faults.has(name));
  const delivery: Delivery = fault === undefined ? send : spoilt[fault];
  await delivery(answer, response);
}

function send({ status, headers, body }: HttpAnswer, response: ServerResponse): void {
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) }).end(body);
}

function isXml({ headers }: HttpAnswer): boolean {
  return String(headers['content-type']).startsWith('application/soap+xml');
}

/** Cut in the middle of a closing tag. */
function withoutEnd(body: Buffer | string): string {
  const text = body.toString();
  return text.slice(0, text.lastIndexOf('</') + 4);
}

function drip({ status, headers, body }: HttpAnswer, response: ServerResponse): void {
  // Whoever asked may be gone: then nothing would ever tell the timer to stop.
  if (response.destroyed) return;
  const bytes = Buffer.from(body);
  response.writeHead(status, { ...headers, 'content-length': bytes.length });
  let at = 0;
  const next = () => {
    response.write(bytes.subarray(at, at + 1));
    at += 1;
    if (at >= bytes.length) response.end();
  };
  const timer = setInterval(next, 1000);
  next();
  response.on('close', () => clearInterval(timer));
}

async function flood({ status, headers, body }: HttpAnswer, response: ServerResponse): Promise<void> {
  response.writeHead(status, headers);
  response.write(body);
  const chunk = Buffer.alloc(65_536, ' ');
  const closed = once(response, 'close').then(() => undefined);
  while (!response.destroyed) {
    if (!response.write(chunk)) await Promise.race([once(response, 'drain'), closed]);
  }
}
