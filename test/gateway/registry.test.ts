// Which device stands behind an id, and how it is found again at another address.
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fact } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import { createRegistry } from '../../gateway/registry.ts';
import { createRelocation, type RelocationDeps } from '../../gateway/relocate.ts';
import { createFakeClock } from '../fake-clock.ts';
import { silentLog } from '../silent-log.ts';

describe('the registry', () => {
  let folder: string;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'registry-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const file = () => join(folder, 'data', 'devices.json');
  const open = (address = 'http://10.0.0.1') => createRegistry({ file: file(), configured: [{ id: 'camera-1', address }], log: silentLog });

  test('knows no serial number before the first contact, and keeps the first one it is told, also over a restart', () => {
    const registry = open();
    expect(registry.serialOf('camera-1')).toBeUndefined();
    registry.pin('camera-1', 'A1');
    registry.pin('camera-1', 'B2');
    expect(registry.serialOf('camera-1')).toBe('A1');
    expect(open().serialOf('camera-1')).toBe('A1');
  });

  test('registers neither a device without a serial number nor one that is not configured', () => {
    const registry = open();
    registry.pin('camera-1', '');
    registry.pin('camera-2', 'A1');
    expect(existsSync(file())).toBe(false);
  });

  test('remembers where a device was found, until the settings give it another address', () => {
    const registry = open();
    registry.pin('camera-1', 'A1');
    registry.moved('camera-1', 'http://10.0.0.77');
    expect(open().addressOf('camera-1')).toBe('http://10.0.0.77');
    expect(open('http://10.0.0.2').addressOf('camera-1')).toBe('http://10.0.0.2');
    expect(open('http://10.0.0.2').serialOf('camera-1')).toBeUndefined();
  });

  test('remembers a refused password over a restart, without holding it, until it is another one or somebody asks', () => {
    const credentials = { username: 'mingzao', password: 'geheim' };
    open().refused('camera-1', credentials, { fault: 'credentials-refused', detail: 'why' });
    expect(open().refusalOf('camera-1', credentials)).toEqual({ fault: 'credentials-refused', detail: 'why' });
    expect(open().refusalOf('camera-1', { ...credentials, password: 'other' })).toBeUndefined();
    expect(open().refusalOf('camera-2', credentials)).toBeUndefined();
    expect(readFileSync(file(), 'utf8')).not.toContain('geheim');
    open().forgetRefusal('camera-1');
    expect(open().refusalOf('camera-1', credentials)).toBeUndefined();
  });

  test('remembers that another password is refused than the one before', () => {
    const [first, second] = ['one', 'two'].map((password) => ({ username: 'mingzao', password }));
    open().refused('camera-1', first, { fault: 'credentials-refused', detail: 'why' });
    open().refused('camera-1', second, { fault: 'locked', detail: 'why' });
    expect(open().refusalOf('camera-1', second)).toMatchObject({ fault: 'locked' });
  });

  test('moves a damaged file aside and registers anew', () => {
    open().pin('camera-1', 'A1');
    writeFileSync(file(), '{"schemaVersion":1,"devi');
    expect(open().serialOf('camera-1')).toBeUndefined();
    expect(readFileSync(`${file()}.damaged`, 'utf8')).toContain('devi');
  });
});

describe('a device that is missing', () => {
  const clock = createFakeClock();
  const never = new AbortController().signal;

  const silent = (device: string): Fact => {
    const observedAt = new Date(clock.now()).toISOString();
    return { schemaVersion: 1, check: 'reachable', device, outcome: 'fault', fault: 'no-answer', observedAt, validUntil: observedAt };
  };
  type Answer = { serial: string } | { fault: FaultCode };
  /** `network`: host:port of everything that answers, with its serial number or what else comes of asking. `serials`: of our devices. */
  function relocation(network: Record<string, Answer>, about: { serials: Record<string, string>; lost: string[] }) {
    const asked: string[] = [];
    const followed: Record<string, string> = {};
    const deps: RelocationDeps = {
      devices: Object.keys(about.serials).map((id) => ({
        id,
        account: 'the one account',
        watched: { address: () => `${id}:8000` },
        async serialAt(address) {
          asked.push(address);
          const answer = network[new URL(address).host] ?? { fault: 'no-answer' };
          return 'serial' in answer ? { ok: true, value: answer.serial } : { ok: false, fault: answer.fault, detail: '' };
        },
      })),
      facts: () => about.lost.map(silent),
      find: async () => Object.keys(network).map((host) => ({ address: `http://${host}/onvif/device_service`, hostAndPort: host })),
      follow(id, address) {
        followed[id] = new URL(address).host;
      },
      registry: { serialOf: (id) => about.serials[id] },
      now: clock.now,
      sleep: clock.sleep,
      log: silentLog,
    };
    return { ...createRelocation(deps), asked, followed };
  }

  test('is found by its serial number and followed', async () => {
    const { search, followed } = relocation(
      { '10.0.0.5:8000': { serial: 'B' }, '10.0.0.6:8000': { serial: 'A' } },
      { serials: { one: 'A', two: 'B' }, lost: ['one'] },
    );
    expect(await search(never)).toEqual({ found: 2, moved: ['one'] });
    expect(followed).toEqual({ one: '10.0.0.6:8000' });
  });

  test('is told apart from another that swapped addresses with it', async () => {
    const { search, followed } = relocation(
      { '10.0.0.5:8000': { serial: 'B' }, '10.0.0.6:8000': { serial: 'A' } },
      { serials: { one: 'A', two: 'B' }, lost: ['one', 'two'] },
    );
    await search(never);
    expect(followed).toEqual({ one: '10.0.0.6:8000', two: '10.0.0.5:8000' });
  });

  test('is not looked for where another of our devices answers', async () => {
    const { search, asked } = relocation({ 'two:8000': { serial: 'B' } }, { serials: { one: 'A', two: 'B' }, lost: ['one'] });
    await search(never);
    expect(asked).toEqual([]);
  });

  test.each(['credentials-refused', 'locked'] as const)(
    'costs a stranger that answers "%s" one question an hour, however many are missing and however often they are looked for',
    async (fault) => {
      const { search, asked } = relocation({ '10.0.0.5:8000': { fault } }, { serials: { one: 'A', two: 'B' }, lost: ['one', 'two'] });
      for (let round = 0; round < 3; round += 1) await search(never);
      expect(asked).toHaveLength(1);
      await clock.advance(3_600_000);
      await search(never);
      expect(asked).toHaveLength(2);
    },
  );

  test('is found where nothing could be learned, or another one answered, a minute before', async () => {
    const network: Record<string, Answer> = { '10.0.0.5:8000': { fault: 'no-answer' }, '10.0.0.6:8000': { serial: 'X' } };
    const { search, followed } = relocation(network, { serials: { one: 'A', two: 'B' }, lost: ['one', 'two'] });
    await search(never);
    Object.assign(network, { '10.0.0.5:8000': { serial: 'A' }, '10.0.0.6:8000': { serial: 'B' } });
    await search(never);
    expect(followed).toEqual({ one: '10.0.0.5:8000', two: '10.0.0.6:8000' });
  });

  test('is not asked for where it should be: another attempt with a refused password would be one too many', async () => {
    const { search, asked } = relocation({ 'one:8000': { fault: 'locked' } }, { serials: { one: 'A' }, lost: ['one'] });
    await search(never);
    expect(asked).toEqual([]);
  });

  test('is not looked for where its serial number is that of another too', async () => {
    const { search, asked } = relocation({ '10.0.0.5:8000': { serial: '0000' } }, { serials: { one: '0000', two: '0000' }, lost: ['one'] });
    expect(await search(never)).toEqual({ found: 1, moved: [] });
    expect(asked).toEqual([]);
  });

  test('is looked for by itself, after a minute', async () => {
    const stop = new AbortController();
    const { run, followed } = relocation({ '10.0.0.6:8000': { serial: 'A' } }, { serials: { one: 'A' }, lost: ['one'] });
    const running = run(stop.signal);
    await clock.advance(59_000);
    expect(followed).toEqual({});
    await clock.advance(1000);
    expect(followed).toEqual({ one: '10.0.0.6:8000' });
    stop.abort();
    await running;
  });

  test('does not wait for one that is gone for good and therefore looked for seldom', async () => {
    const stop = new AbortController();
    const lost = ['gone'];
    const { run, followed } = relocation({ '10.0.0.6:8000': { serial: 'A' } }, { serials: { gone: 'G', one: 'A' }, lost });
    const running = run(stop.signal);
    await clock.advance(8 * 3_600_000);
    lost.push('one');
    await clock.advance(60_000);
    expect(followed).toEqual({ one: '10.0.0.6:8000' });
    stop.abort();
    await running;
  });
});
