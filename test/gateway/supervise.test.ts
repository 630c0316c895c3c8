// The supervisor with probes that answer what a test wants, on a clock that a test moves.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fact } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { Observation } from '../../gateway/observation.ts';
import { unobserved } from '../../gateway/supervise/unobserved.ts';
import { createSupervisor, type Plan, type Supervisor, type Watched } from '../../gateway/supervise.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { silentLog } from '../silent-log.ts';

type Kind = Observation['kind'];
/** What a probe comes to: fine, a fault, or it goes its own ways. */
type Behaviour = 'ok' | FaultCode | 'hangs' | 'ignores its deadline' | 'throws';

let clock: FakeClock;
let stop: AbortController;
let running: Promise<void>;
let emitted: Fact[];
let supervisor: Supervisor;
let wallClockJumpMs: number;

beforeEach(() => {
  clock = createFakeClock();
  stop = new AbortController();
  emitted = [];
  wallClockJumpMs = 0;
});
afterEach(async () => {
  stop.abort();
  await clock.advance(5000);
  await running;
});

function supervise(...devices: Simulated[]): void {
  const { sleep } = clock;
  const now = () => clock.now() + wallClockJumpMs;
  const emit = (facts: Fact[]) => void emitted.push(...facts);
  supervisor = createSupervisor({ devices: devices.map(({ watched }) => watched), emit, now, sleep, random: () => 0, log: silentLog });
  running = supervisor.run(stop.signal);
}

type Simulated = ReturnType<typeof simulated>;

/** Whoever cannot see the stream cannot see its picture. */
function streams({ behaviour }: Simulated, how: Behaviour): void {
  behaviour.stream = how;
  behaviour.picture = how;
}

function simulated(
  id: string,
  { isRecorder, streamEveryMs = 60_000 }: { isRecorder: boolean; streamEveryMs?: number } = { isRecorder: false },
) {
  const behaviour: Partial<Record<Kind, Behaviour>> = {};
  const looks: Record<Kind, number[]> = {
    ...{ contact: [], identity: [], account: [], stream: [], picture: [] },
    ...{ footage: [], storage: [], playback: [], events: [] },
  };
  let atOnce = 0;
  const most = { atOnce: 0 };
  const plan = (kind: Kind, everyMs: number, deadlineMs: number): Plan => ({
    kind,
    everyMs,
    deadlineMs,
    async probe({ signal }) {
      looks[kind].push(clock.now());
      if (kind !== 'contact') atOnce += 1;
      most.atOnce = Math.max(most.atOnce, atOnce);
      try {
        return await behave(id, kind, behaviour[kind] ?? 'ok', signal);
      } finally {
        if (kind !== 'contact') atOnce -= 1;
      }
    },
  });
  const footage = plan('footage', 3_600_000, 300_000);
  const others = isRecorder
    ? [footage]
    : [
        plan('identity', 3_600_000, 10_000),
        plan('stream', streamEveryMs, 20_000),
        { ...plan('picture', 60_000, 20_000), confirmsItself: true },
      ];
  const retries = { count: 0 };
  const retryPassword = () => {
    retries.count += 1;
  };
  const watched: Watched = { id, address: () => `${id}:80`, contact: plan('contact', 10_000, 3000), others, retryPassword };
  return { watched, behaviour, looks, most, retries };
}

async function behave(device: string, kind: Kind, behaviour: Behaviour, signal: AbortSignal): Promise<Observation> {
  if (behaviour === 'throws') throw new TypeError('a mistake of ours');
  if (behaviour === 'hangs') await clock.sleep(1e9, signal);
  if (behaviour === 'ignores its deadline') await new Promise(() => {});
  if (behaviour === 'ok') return fine(device, kind);
  const fault = behaviour === 'hangs' ? 'no-answer' : behaviour;
  return unobserved(kind, { device, address: `${device}:80`, at: clock.now(), fault: fault as FaultCode, detail: 'simulated' });
}

function fine(device: string, kind: Kind): Observation {
  const observed = { device, at: new Date(clock.now()).toISOString() };
  const size = { width: 1920, height: 1080 };
  const picture = { ok: true as const, value: { ...size, blackPercent: 1, meanLuma: 100 } };
  const stream = { ok: true as const, value: { ...size, codec: 'h264', sampledSeconds: 2, via: 'media2' as const } };
  const identity = { ok: true as const, value: { manufacturer: 'A', model: 'B', firmware: 'C', serial: device } };
  const measured = { ok: true as const, value: { offsetSeconds: 0, uncertaintySeconds: 0.5 } };
  switch (kind) {
    case 'contact':
      return { ...observed, kind, address: `${device}:80`, contact: { ok: true, value: { roundTripMs: 5 } }, clock: measured };
    case 'identity':
      return { ...observed, kind, identity };
    case 'stream':
      return { ...observed, kind, stream };
    case 'picture':
      return { ...observed, kind, picture };
    case 'footage':
    case 'storage':
    case 'playback':
    case 'account':
    case 'events':
      throw new Error('not looked at here');
  }
}

/** check: outcome and fault, as they stand now. */
function present(device: string): Record<string, string> {
  const facts = supervisor.present().filter((fact) => fact.device === device);
  return Object.fromEntries(facts.map((fact) => [fact.check, fact.fault === undefined ? fact.outcome : `${fact.outcome} ${fact.fault}`]));
}
const told = (check: Fact['check']) => emitted.filter((fact) => fact.check === check);

const allWell = { reachable: 'ok', clock: 'ok', identity: 'ok', stream: 'ok', picture: 'ok' };
const allDark = {
  reachable: 'fault no-answer',
  clock: 'unknown device-unreachable',
  identity: 'unknown device-unreachable',
  stream: 'unknown device-unreachable',
  picture: 'unknown device-unreachable',
};

describe('a device that answers', () => {
  test('is known whole within moments of the start, each thing told once', async () => {
    supervise(simulated('camera-1'));
    await clock.advance(1000);
    expect(present('camera-1')).toEqual(allWell);
    expect(emitted).toHaveLength(5);
  });

  test('is asked at its intervals, and one thing at a time', async () => {
    const camera = simulated('camera-1');
    supervise(camera);
    await clock.advance(600_000);
    expect(camera.looks.contact).toHaveLength(61);
    expect(camera.looks.stream).toHaveLength(11);
    expect(camera.looks.identity).toHaveLength(1);
    expect(camera.most.atOnce).toBe(1);
  });

  test('is told again before what was told runs out, but not at every look', async () => {
    supervise(simulated('camera-1'));
    await clock.advance(600_000);
    const facts = told('reachable');
    expect(facts.length).toBeLessThan(10);
    for (const [index, fact] of facts.entries()) {
      const next = facts[index + 1];
      if (next !== undefined) expect(Date.parse(next.observedAt)).toBeLessThan(Date.parse(fact.validUntil));
    }
  });

  test('tells in three days no more than a quarter of what an outbox holds while the server is away', async () => {
    supervise(simulated('camera-1'), simulated('camera-2'));
    await clock.advance(3_600_000);
    expect(emitted.length * 24 * 3).toBeLessThan(25_000);
  });

  test.each([-3_600_000, -20_000, 20_000, 3_600_000])('is told again in time also where the wall clock jumps by %i ms', async (jumpMs) => {
    supervise(simulated('camera-1'));
    await clock.advance(15_000);
    wallClockJumpMs = jumpMs;
    await clock.advance(150_000);
    expect(told('reachable').length).toBeGreaterThan(1);
  });

  test('has its heartbeat line', async () => {
    supervise(simulated('camera-1'));
    expect(supervisor.health()).toEqual([{ id: 'camera-1', reachable: 'unknown' }]);
    await clock.advance(1000);
    expect(supervisor.health()).toEqual([{ id: 'camera-1', reachable: 'ok', seenAt: '2026-11-23T00:00:00.000Z' }]);
  });
});

describe('a device that is unplugged', () => {
  test('is told within 20 seconds, with all that depends on it unknown', async () => {
    const camera = simulated('camera-1');
    supervise(camera);
    await clock.advance(10_500); // just looked at
    camera.behaviour.contact = 'hangs';
    streams(camera, 'hangs');
    await clock.advance(20_000);
    expect(present('camera-1')).toEqual(allDark);
  });

  test('is asked nothing but whether it is back, and stays told', async () => {
    const camera = simulated('camera-1');
    camera.behaviour.contact = 'no-answer';
    supervise(camera);
    await clock.advance(600_000);
    expect(camera.looks.stream).toEqual([]);
    const last = told('stream').at(-1);
    expect(Date.parse(last?.validUntil ?? '')).toBeGreaterThan(clock.now());
  });

  test('is not told for one lost answer', async () => {
    const camera = simulated('camera-1');
    supervise(camera);
    await clock.advance(15_000);
    camera.behaviour.contact = 'no-answer';
    await clock.advance(6000); // the look at 20 s fails, the second look at 22 s does not
    camera.behaviour.contact = 'ok';
    await clock.advance(60_000);
    expect(told('reachable').every(({ outcome }) => outcome === 'ok')).toBe(true);
  });

  test('is looked at whole, at once, when it is back', async () => {
    const camera = simulated('camera-1');
    camera.behaviour.contact = 'no-answer';
    supervise(camera);
    await clock.advance(100_000);
    camera.behaviour.contact = 'ok';
    await clock.advance(10_000);
    expect(present('camera-1')).toEqual(allWell);
  });

  test('ends the look that was under way', async () => {
    const camera = simulated('camera-1');
    supervise(camera);
    await clock.advance(55_000);
    streams(camera, 'hangs'); // from 60 s on
    camera.behaviour.contact = 'no-answer';
    await clock.advance(10_000);
    expect(present('camera-1')).toEqual(allDark);
  });
});

describe('a stream that fails', () => {
  test('is looked at twice before it is told', async () => {
    const camera = simulated('camera-1');
    supervise(camera);
    await clock.advance(1000);
    streams(camera, 'stalled');
    await clock.advance(60_000);
    expect(present('camera-1').stream).toBe('ok');
    await clock.advance(2000);
    expect(present('camera-1').stream).toBe('fault stalled');
    expect(camera.looks.stream).toHaveLength(3);
  });

  test('is, while it keeps failing, looked at once a time and half as often, and never goes stale', async () => {
    const camera = simulated('camera-1');
    streams(camera, 'stalled');
    supervise(camera);
    await clock.advance(3_600_000);
    expect(camera.looks.stream.length).toBeLessThan(40);
    const facts = told('stream');
    for (const [index, fact] of facts.entries()) {
      const next = facts[index + 1];
      if (next !== undefined) expect(Date.parse(next.observedAt)).toBeLessThan(Date.parse(fact.validUntil));
    }
  });
});

describe('a device in whose place another one answers', () => {
  test('is asked at once who it is, when a closer look finds out', async () => {
    const camera = simulated('camera-1');
    supervise(camera);
    await clock.advance(1000);
    camera.behaviour.identity = 'wrong-device';
    streams(camera, 'wrong-device');
    await clock.advance(70_000);
    expect(present('camera-1')).toMatchObject({ identity: 'fault wrong-device', stream: 'fault wrong-device' });
  });

  test('is asked again when a closer look finds it back, and not at every look', async () => {
    const camera = simulated('camera-1');
    camera.behaviour.identity = 'wrong-device';
    streams(camera, 'wrong-device');
    supervise(camera);
    await clock.advance(600_000);
    const asked = camera.looks.identity.length;
    expect(asked).toBeLessThan(6);
    camera.behaviour.identity = 'ok';
    streams(camera, 'ok');
    await clock.advance(130_000);
    expect(present('camera-1')).toEqual(allWell);
    expect(camera.looks.identity).toHaveLength(asked + 1);
  });
});

describe('a picture and the stream it comes from', () => {
  const apart = () => {
    const camera = simulated('camera-1', { isRecorder: false, streamEveryMs: 300_000 });
    supervise(camera);
    return camera;
  };

  test('a stream that no picture comes of is looked at again at once', async () => {
    const camera = apart();
    await clock.advance(10_000);
    streams(camera, 'stalled');
    await clock.advance(60_000);
    expect(present('camera-1')).toMatchObject({ stream: 'fault stalled', picture: 'unknown stalled' });
  });

  test('a broken stream that a picture comes of is looked at again at once', async () => {
    const camera = apart();
    streams(camera, 'stalled');
    await clock.advance(100_000);
    streams(camera, 'ok');
    await clock.advance(60_000);
    expect(present('camera-1')).toEqual(allWell);
  });

  test('do not hurry each other where they agree', async () => {
    const camera = apart();
    await clock.advance(1_490_000);
    expect(camera.looks.stream).toHaveLength(5);
    expect(camera.looks.picture).toHaveLength(25);
  });

  test('where they go on disagreeing, cost one look at the stream a picture', async () => {
    const camera = apart();
    camera.behaviour.stream = 'truncated';
    await clock.advance(600_000);
    expect(camera.looks.stream.length).toBeLessThanOrEqual(13);
    expect(present('camera-1')).toMatchObject({ stream: 'unknown truncated', picture: 'ok' });
  });

  test('a picture is called wrong without a second look: three samples have said so', async () => {
    const camera = apart();
    await clock.advance(10_000);
    camera.behaviour.picture = 'stalled';
    await clock.advance(60_000);
    expect(camera.looks.picture).toHaveLength(2);
  });
});

describe('a refused password', () => {
  test.each(['credentials-refused', 'locked'] as const)('(%s) is tried once, never again, and stays told', async (fault) => {
    const camera = simulated('camera-1');
    camera.behaviour.identity = fault;
    streams(camera, fault);
    supervise(camera);
    await clock.advance(3_600_000 * 4);
    expect(camera.looks.identity.length + camera.looks.stream.length).toBe(1);
    const last = told('stream').at(-1);
    expect(last?.fault).toBe(fault);
    expect(last?.detail).toContain('no further attempt is made');
    expect(Date.parse(last?.validUntil ?? '')).toBeGreaterThan(clock.now());
    expect(present('camera-1').reachable).toBe('ok');
  });

  test('is tried again when somebody asks for it', async () => {
    const camera = simulated('camera-1');
    camera.behaviour.identity = 'credentials-refused';
    supervise(camera);
    await clock.advance(100_000);
    camera.behaviour.identity = 'ok';
    expect(supervisor.probeNow('camera-1')).toBe(true);
    await clock.advance(100);
    expect(present('camera-1')).toEqual(allWell);
    expect(camera.retries.count).toBe(1);
  });

  test('nobody can ask about a device that is not there', () => {
    supervise(simulated('camera-1'));
    expect(supervisor.probeNow('camera-2')).toBe(false);
  });
});

describe('a probe that misbehaves', () => {
  test.each(['throws', 'ignores its deadline'] as const)(
    '(it %s) is our own fault, and nothing is claimed about the camera',
    async (how) => {
      const camera = simulated('camera-1');
      streams(camera, how);
      supervise(camera);
      await clock.advance(50_000);
      expect(present('camera-1')).toEqual({ ...allWell, stream: 'unknown internal', picture: 'unknown internal' });
    },
  );

  test('delays no other device', async () => {
    const stuck = Array.from({ length: 3 }, (_, index) => simulated(`stuck-${index}`));
    for (const camera of stuck) streams(camera, 'ignores its deadline');
    const camera = simulated('camera-1');
    supervise(...stuck, camera);
    await clock.advance(10_000);
    expect(present('camera-1')).toEqual(allWell);
  });

  test('of many recorders keeps no camera waiting', async () => {
    const recorders = Array.from({ length: 20 }, (_, index) => simulated(`recorder-${index}`, { isRecorder: true }));
    for (const recorder of recorders) recorder.behaviour.footage = 'hangs';
    const camera = simulated('camera-1');
    supervise(...recorders, camera);
    await clock.advance(15_000);
    expect(present('camera-1')).toEqual(allWell);
  });

  test('does not keep a hundred silent devices from being noticed in time', async () => {
    const cameras = Array.from({ length: 100 }, (_, index) => simulated(`camera-${index}`));
    supervise(...cameras);
    await clock.advance(60_000);
    for (const camera of cameras) camera.behaviour.contact = 'hangs';
    await clock.advance(20_000);
    expect(supervisor.health().filter(({ reachable }) => reachable !== 'fault')).toEqual([]);
  });
});

test('facts that could not be stored are offered again at the next look', async () => {
  const camera = simulated('camera-1');
  let full = true;
  const { now, sleep } = clock;
  const emit = (facts: Fact[]) => {
    if (full) throw new Error('disk full');
    emitted.push(...facts);
  };
  supervisor = createSupervisor({ devices: [camera.watched], emit, now, sleep, random: () => 0, log: silentLog });
  running = supervisor.run(stop.signal);
  await clock.advance(5000);
  full = false;
  await clock.advance(10_000);
  expect(told('reachable')).toHaveLength(1);
});

test('stopping ends every look and the run', async () => {
  const camera = simulated('camera-1');
  streams(camera, 'ignores its deadline');
  supervise(camera);
  await clock.advance(1000);
  stop.abort();
  await clock.advance(2000);
  await expect(running).resolves.toBeUndefined();
});
