// What becomes of a command: carried out once, or answered why not.
import { beforeEach, expect, test } from 'vitest';
import type { Command, Reply } from '#contract/commands.ts';
import { envelope } from '#contract/envelope.ts';
import { type Abilities, createCommands } from '../../gateway/uplink/commands.ts';
import { silentLog } from '../silent-log.ts';

const now = () => Date.parse('2026-11-23T08:00:00Z');
let replies: Reply[];
let carriedOut: string[];
let take: (payload: Uint8Array) => Promise<void>;

beforeEach(() => {
  replies = [];
  carriedOut = [];
  const abilities: Abilities = {
    async 'probe-now'({ id }) {
      carriedOut.push(id);
      return { status: 'done' };
    },
    async rescan() {
      throw new Error('a mistake of ours');
    },
  };
  take = createCommands({ abilities, reply: (reply) => void replies.push(reply), now, log: silentLog });
});

const command = (about: Partial<Command> = {}) => {
  const data: Command = { schemaVersion: 1, id: 'one', kind: 'probe-now', expiresAt: '2026-11-23T08:01:00.000Z', ...about };
  return Buffer.from(
    JSON.stringify(envelope('cn.mingzao.command.v1', { id: 'c', source: '/server', time: '2026-11-23T08:00:00.000Z', data })),
  );
};

test('it is carried out and answered once, however often it comes', async () => {
  await take(command());
  await take(command());
  await take(command({ id: 'two' }));
  expect(carriedOut).toEqual(['one', 'two']);
  expect(replies.map(({ command: id, status }) => [id, status])).toEqual([
    ['one', 'done'],
    ['two', 'done'],
  ]);
});

test.each<[string, Partial<Command>, Reply['status'], RegExp]>([
  ['that expired', { expiresAt: '2026-11-23T08:00:00.000Z' }, 'refused', /expired at 2026-11-23T08:00:00.000Z/],
  ['of a kind not built', { kind: 'snapshot' }, 'unsupported', /does not know "snapshot"/],
  ['that fails', { kind: 'rescan' }, 'failed', /its log says why/],
])('one %s is answered, and not carried out', async (_, about, status, detail) => {
  await take(command(about));
  expect(carriedOut).toEqual([]);
  expect(replies).toEqual([{ schemaVersion: 1, command: 'one', status, detail: expect.stringMatching(detail) }]);
});

test.each(['', '{', '[]', '{"data":{}}', JSON.stringify({ kind: 'probe-now' })])('a malformed one (%s) is ignored', async (text) => {
  await take(Buffer.from(text));
  expect(replies).toEqual([]);
});
