import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';
import { createServer } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { FaultCode } from '#contract/fault-code.ts';
import { readIdentity } from '../../gateway/onvif/device.ts';
import { DeviceError } from '../../gateway/onvif/device-error.ts';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { clockAnswer, httpDevice, rawDevice, soap, soapFault } from './onvif-raw-device.ts';

async function faultOf(address: string, deadlineMs = 5000): Promise<FaultCode | 'no fault'> {
  try {
    await createOnvifSession({ address, now: Date.now }).readClock({ signal: AbortSignal.timeout(deadlineMs) });
    return 'no fault';
  } catch (thrown) {
    expect(thrown).toBeInstanceOf(DeviceError);
    return thrown instanceof DeviceError ? thrown.fault : 'no fault';
  }
}

function http(status: string, body: string, headers = ''): string {
  return `HTTP/1.1 ${status}\r\nContent-Type: application/soap+xml\r\nContent-Length: ${Buffer.byteLength(body)}\r\n${headers}\r\n${body}`;
}

function drip(socket: Socket): void {
  const text = http('200 OK', clockAnswer(0));
  let at = 0;
  const timer = setInterval(() => socket.write(text[at++ % text.length] ?? ''), 20);
  socket.on('close', () => clearInterval(timer));
}

function flood(socket: Socket): void {
  socket.write('HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n');
  const block = Buffer.alloc(256 * 1024, '<a>');
  const more = (): void => {
    while (!socket.destroyed && socket.write(block));
    if (!socket.destroyed) socket.once('drain', more);
  };
  more();
}

const answered = (text: string) => (socket: Socket) => {
  socket.once('data', () => socket.end(text));
};

describe('what goes wrong on the way to a device has a name', () => {
  test.each<[string, FaultCode, (socket: Socket) => void, number?]>([
    ['says nothing', 'no-answer', () => undefined, 200],
    ['closes without a word', 'no-answer', (socket) => socket.once('data', () => socket.destroy())],
    ['answers drop by drop', 'too-slow', drip, 300],
    ['never stops talking', 'too-large', flood],
    ['cuts its header short', 'truncated', answered('HTTP/1.1 200 OK\r\nContent-Le')],
    ['cuts its body short', 'truncated', answered(http('200 OK', clockAnswer(0)).slice(0, -40))],
    ['cuts its XML short', 'truncated', answered(http('200 OK', clockAnswer(0).slice(0, -40)))],
    ['is no web server', 'malformed', answered('SSH-2.0-OpenSSH_9.2p1\r\n\r\n')],
    ['answers broken XML', 'malformed', answered(http('200 OK', soap('<a></b>')))],
    ['answers HTML', 'malformed', answered(http('200 OK', '<html><body>Welcome</body></html>'))],
    ['answers another question', 'malformed', answered(http('200 OK', soap('<tds:GetUsersResponse/>')))],
    ['sends us away', 'redirected', answered(http('302 Found', '', 'Location: http://192.0.2.1/\r\n'))],
    ['breaks down', 'http-error', answered(http('500 Internal Server Error', 'oops'))],
    ['has no such page', 'http-error', answered(http('404 Not Found', '<html></html>'))],
    ['has no room', 'busy', answered(http('503 Service Unavailable', ''))],
    ['wants to know who asks', 'credentials-refused', answered(http('401 Unauthorized', ''))],
    ['refuses in SOAP', 'credentials-refused', answered(http('400 Bad Request', soapFault('ter:NotAuthorized')))],
    ['is locked', 'locked', answered(http('400 Bad Request', soapFault('ter:NotAuthorized', 'The account is locked')))],
    ['has no session left', 'busy', answered(http('500 Internal Server Error', soapFault('ter:ResourceProblem')))],
    ['does not know the question', 'not-supported', answered(http('500 Internal Server Error', soapFault('ter:ActionNotSupported')))],
    ['has another fault', 'soap-fault', answered(http('200 OK', soapFault('ter:InvalidArgVal')))],
  ])('a device that %s: %s', async (_, fault, talk, deadlineMs) => {
    await using device = await rawDevice(talk);
    expect(await faultOf(device.address, deadlineMs)).toBe(fault);
  });

  test('a closed port: refused', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    server.close();
    await once(server, 'close');
    expect(await faultOf(`http://127.0.0.1:${port}`)).toBe('refused');
  });

  test('a name nobody knows: unreachable', async () => {
    expect(await faultOf('http://camera.invalid')).toBe('unreachable');
  });
});

test('a question already out of time asks nothing', async () => {
  let asked = 0;
  await using device = await httpDevice((_, response) => {
    asked += 1;
    response.end();
  });
  await expect(createOnvifSession({ address: device.address, now: Date.now }).readClock({ signal: AbortSignal.abort() })).rejects.toThrow(
    'no-answer',
  );
  expect(asked).toBe(0);
});

test('a device that says nothing useful in any bytes at all never gets further than a DeviceError', async () => {
  let bytes = Buffer.alloc(0);
  await using device = await rawDevice((socket) => {
    socket.once('data', () => socket.end(bytes));
  });
  const valid = http('200 OK', soap('<tds:GetDeviceInformationResponse><tds:Model>A</tds:Model></tds:GetDeviceInformationResponse>'));
  const cut = fc
    .tuple(fc.nat(valid.length), fc.uint8Array({ maxLength: 40 }))
    .map(([at, junk]) => Buffer.concat([Buffer.from(valid.slice(0, at)), junk, Buffer.from(valid.slice(at + junk.length))]));
  await fc.assert(
    fc.asyncProperty(
      fc.oneof(
        cut,
        fc.uint8Array({ maxLength: 500 }).map((junk) => Buffer.from(junk)),
      ),
      async (hostile) => {
        bytes = hostile;
        const session = createOnvifSession({ address: device.address, now: Date.now });
        const outcome = await readIdentity(session, { signal: AbortSignal.timeout(5000) }).then(
          () => 'read',
          (thrown: unknown) =>
            thrown instanceof DeviceError && thrown.fault !== 'internal' && thrown.detail.length <= 300 ? 'read' : thrown,
        );
        expect(outcome).toBe('read');
      },
    ),
    { numRuns: 300 },
  );
});
