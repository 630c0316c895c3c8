// The identity a gateway connects with: what makes it unusable is said in a sentence, and only the certificate it asked for replaces it.
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Identity, identityFile, readIdentity, writeIdentity } from '../../gateway/identity/identity-file.ts';
import { createOwnIdentity } from '../../gateway/identity/own-identity.ts';
import type { Authority } from '../../server/identity/authority.ts';
import { certificateMessage } from '../config/messages.ts';
import { createFakeClock } from '../fake-clock.ts';
import { issuedGateway, testAuthority } from '../server/gateway-certificates.ts';
import { silentLog } from '../silent-log.ts';

const dayMs = 86_400_000;
const days = 90;

let authority: Authority;
let file: string;
let identity: Identity;

beforeEach(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'own-identity-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  file = identityFile(join(folder, 'data'));
  authority = await testAuthority();
  identity = await identityOf('qiaodong');
  writeIdentity(file, identity);
});

async function identityOf(canteen: string): Promise<Identity> {
  const { key, certificate } = await issuedGateway(authority, canteen, days);
  return { key, certificate, authority: authority.certificate };
}

function open(clock = createFakeClock(new Date().toISOString())) {
  return createOwnIdentity({ file, canteen: 'qiaodong', now: clock.now, sleep: clock.sleep, log: silentLog });
}

test('is what was kept when the gateway was enrolled', () => {
  expect(open().current()).toEqual({ ...identity, key: expect.stringContaining('PRIVATE KEY') });
});

test.each<[string, () => Promise<void> | void, RegExp]>([
  [
    'was never enrolled',
    () => rmSync(file),
    /this gateway is not enrolled .*ask whoever runs the server for a claim code, then: gateway enrol/,
  ],
  ['has a damaged file', () => writeFileSync(file, 'rubbish'), /identity\.pem is damaged: ask for a new claim code/],
  [
    'has a file that others can read',
    () => chmodSync(file, 0o644),
    /may be read or changed by others .*mode 644.*revoke the old certificate/,
  ],
  [
    'is another canteen’s',
    async () => writeIdentity(file, await identityOf('heping')),
    /enrolled for the canteen "heping", .* say "qiaodong"/,
  ],
  ['has another’s key', async () => writeIdentity(file, { ...identity, key: (await identityOf('x')).key }), /for another key than the one/],
  [
    'has another authority',
    async () => writeIdentity(file, { ...identity, authority: (await testAuthority()).certificate }),
    /not one of the authority that came with it/,
  ],
])('a gateway that %s says so, and what to do', async (_, spoil, sentence) => {
  await spoil();
  expect(() => open().current()).toThrow(expect.objectContaining({ code: 'identity-unusable', message: expect.stringMatching(sentence) }));
});

test.each([
  ['past its certificate says that it expired', 91 * dayMs, /the certificate of this gateway expired at .*claim code/],
  ['before its certificate doubts its clock', -2 * dayMs, /the clock of this machine is wrong: it says .*set the clock/],
])('a gateway %s', (_, aheadMs, sentence) => {
  const clock = createFakeClock(new Date(Date.now() + aheadMs).toISOString());
  expect(() => open(clock).current()).toThrow(sentence);
});

describe('renewal', () => {
  async function running() {
    const clock = createFakeClock(new Date().toISOString());
    const own = open(clock);
    const asked: string[] = [];
    const ended = new AbortController();
    const renewed = vi.fn();
    const send = async (message: object) => void asked.push((message as { data: { request: string } }).data.request);
    const keeping = own.keepRenewed({ send, renewed, ended: ended.signal });
    onTestFinished(async () => {
      ended.abort();
      await keeping;
    });
    const answer = (data: object) =>
      own.receive(Buffer.from(JSON.stringify({ ...certificateMessage, data: { schemaVersion: 1, ...data } })));
    return { clock, asked, renewed, answer };
  }

  test('is asked for when two thirds of the life are over, with a new key, and again while nothing comes', async () => {
    const { clock, asked } = await running();
    await clock.advance(59.9 * dayMs);
    expect(asked).toEqual([]);
    await clock.advance(0.1 * dayMs);
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    await clock.advance(3_700_000);
    await vi.waitFor(() => expect(asked).toHaveLength(2));
    expect(new Set(asked).size).toBe(2);
  });

  test('keeps the certificate it asked for, and no other', async () => {
    const { clock, asked, renewed, answer } = await running();
    answer({ certificate: identity.certificate });
    await clock.advance(60 * dayMs);
    await vi.waitFor(() => expect(asked).toHaveLength(1));
    const [request = ''] = asked;
    answer({ certificate: identity.certificate });
    answer({ certificate: 'rubbish' });
    answer({ certificate: (await authority.issueGateway({ canteen: 'heping', request, days })).certificate });
    answer({ certificate: (await (await testAuthority()).issueGateway({ canteen: 'qiaodong', request, days })).certificate });
    answer({ refused: 'no' });
    // Of a server whose clock is wrong: hardly valid any longer, by the time it is here.
    answer({ certificate: (await authority.issueGateway({ canteen: 'qiaodong', request, days })).certificate });
    expect(readIdentity(file)).toEqual(identity);
    const { certificate } = await authority.issueGateway({ canteen: 'qiaodong', request, days: 2 * days });
    answer({ certificate });
    expect(renewed).toHaveBeenCalledOnce();
    expect(readIdentity(file)?.certificate).toBe(certificate);
    expect(readFileSync(file, 'utf8')).not.toContain(identity.key.split('\n')[1]);
  });
});
