// A device made of nothing but a socket, for the answers no proper simulator gives.
import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { type AddressInfo, createServer as createSocketServer, type Server, type Socket } from 'node:net';

export interface RawDevice {
  readonly port: number;
  readonly address: string;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Whatever `talk` does with each connection, on a free port of the loopback. */
export async function rawDevice(talk: (socket: Socket) => void): Promise<RawDevice> {
  const sockets = new Set<Socket>();
  const server = createSocketServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => socket.destroy());
    socket.on('close', () => sockets.delete(socket));
    talk(socket);
  });
  return listening(server, () => {
    for (const socket of sockets) socket.destroy();
  });
}

/** An HTTP server, with the parsing done. */
export async function httpDevice(answer: RequestListener): Promise<RawDevice> {
  const server = createServer(answer);
  return listening(server, () => server.closeAllConnections());
}

/** Reads a request's body whole. */
export async function bodyOf(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk);
  return Buffer.concat(chunks).toString('utf8');
}

/** A SOAP answer with `content` in its body. */
export function soap(content: string): string {
  return `<?xml version="1.0" encoding="UTF-8"?><SOAP-ENV:Envelope xmlns:SOAP-ENV="http://www.w3.org/2003/05/soap-envelope"><SOAP-ENV:Body>${content}</SOAP-ENV:Body></SOAP-ENV:Envelope>`;
}

/** A SOAP fault as ONVIF writes it. */
export function soapFault(subcode: string, reason = 'no'): string {
  return soap(
    `<s:Fault xmlns:s="x"><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>${subcode}</s:Value></s:Subcode></s:Code><s:Reason><s:Text xml:lang="en">${reason}</s:Text></s:Reason></s:Fault>`,
  );
}

/** GetSystemDateAndTimeResponse for an instant, milliseconds since 1970. */
export function clockAnswer(at: number, more = ''): string {
  return soap(
    `<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>${more}${dateTime('UTCDateTime', at)}</tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>`,
  );
}

export function dateTime(name: string, at: number): string {
  const date = new Date(at);
  return `<tt:${name}><tt:Time><tt:Hour>${date.getUTCHours()}</tt:Hour><tt:Minute>${date.getUTCMinutes()}</tt:Minute><tt:Second>${date.getUTCSeconds()}</tt:Second></tt:Time><tt:Date><tt:Year>${date.getUTCFullYear()}</tt:Year><tt:Month>${date.getUTCMonth() + 1}</tt:Month><tt:Day>${date.getUTCDate()}</tt:Day></tt:Date></tt:${name}>`;
}

async function listening(server: Server, drop: () => void): Promise<RawDevice> {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    port,
    address: `http://127.0.0.1:${port}/onvif/device_service`,
    async [Symbol.asyncDispose]() {
      const closed = once(server, 'close');
      server.close();
      drop();
      await closed;
    },
  };
}
