// Raw garbage on every port a server opens: it gets nothing and breaks nothing.
import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import mqtt from 'mqtt';
import { pino } from 'pino';
import { expect, onTestFinished, test } from 'vitest';
import { topic } from '#contract/topics.ts';
import { loadSettings } from '../../server/config.ts';
import { startServer } from '../../server/main.ts';
import { hello, hungUp } from './bare-mqtt.ts';
import { reachable } from './ingest-messages.ts';
import { writeConfig } from './server-program.ts';

const clientHello = Buffer.from('16030100050100000100', 'hex');

/** Each meant for some port, and thrown at all of them. */
const garbage: [string, Buffer][] = [
  ['nothing', Buffer.alloc(0)],
  ['random bytes', randomBytes(50_000)],
  ['a million zeros', Buffer.alloc(1_000_000)],
  ['half a TLS handshake', clientHello],
  ['a TLS record of no length', Buffer.from('1603010000', 'hex')],
  ['MQTT of a stranger', hello('nobody', 'nothing')],
  ['an MQTT packet without end', Buffer.from([0x30, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff])],
  ['a request that is none', Buffer.from('GET\0/ HTTP/9.9\r\n\r\n\r\n')],
  ['two lengths', Buffer.from('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ncontent-length: 50\r\n\r\nhello')],
  [
    'a length and chunks',
    Buffer.from('POST / HTTP/1.1\r\nhost: x\r\ncontent-length: 5\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\nGET /x HTTP/1.1\r\n\r\n'),
  ],
  ['a chunk of a size beyond all', Buffer.from('POST / HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nfffffffffffffffff\r\n')],
  ['an upgrade', Buffer.from('GET / HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n\x81\xff')],
];

test('a server at which everything is thrown answers as before, tells nobody anything, and logs no failure of its own', async () => {
  const errors: string[] = [];
  const everyDoor = {
    listen: { port: 0, tls: { port: 0 } },
    mqtt: { listen: { port: 0 }, tls: { host: '127.0.0.1', port: 0 } },
    metrics: { listen: { port: 0 } },
  };
  const said: string[] = [];
  const talkative = pino({ level: 'info' }, { write: (line: string) => void (line.includes('"level":50') ? errors : said).push(line) });
  const server = await startServer(loadSettings(writeConfig(everyDoor)), talkative);
  onTestFinished(() => server.stop());
  const metrics = JSON.parse(said.find((line) => line.includes('metrics can be read')) ?? '{}').address;
  const doors = [server.address, server.secure.address, server.mqtt, server.secure.mqtt, metrics].map((address) =>
    Number(new URL(address).port),
  );
  expect(new Set(doors).size).toBe(5);

  for (const port of doors) {
    const answers = await Promise.all(garbage.map(([, bytes]) => throwAt(port, bytes)));
    for (const [index, answer] of answers.entries())
      expect(answer, `${garbage[index]?.[0]} at ${port}`).not.toMatch(/canteen|qiaodong|node_modules|at .*\.ts:/i);
  }

  const gateway = await mqtt.connectAsync(server.mqtt, { username: 'qiaodong', password: 'key-of-qiaodong', reconnectPeriod: 0 });
  await gateway.publishAsync(topic('qiaodong', 'events'), JSON.stringify([reachable(1)]), { qos: 1 });
  await gateway.endAsync();
  expect(await (await fetch(`${server.address}/api/health/ready`)).json()).toEqual({ ready: true, obstacles: [] });
  expect((await fetch(metrics)).status).toBe(200);
  expect(errors).toEqual([]);
}, 60_000);

/** Gives what came back until the server hung up, or had had enough time to. */
async function throwAt(port: number, bytes: Buffer): Promise<string> {
  const socket = connect(port, '127.0.0.1');
  let answer = '';
  socket.on('data', (chunk) => {
    answer += chunk.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.end(bytes);
  socket.setTimeout(3_000, () => socket.destroy());
  await hungUp(socket);
  return answer;
}
