// How the supervisor listens to devices, on a clock that a test moves: events are fast, and nothing relies on them.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Fact } from '#contract/facts.ts';
import type { FaultCode } from '#contract/fault-code.ts';
import type { EventsObservation, Observation } from '../../gateway/observation.ts';
import { unobserved } from '../../gateway/supervise/unobserved.ts';
import { createSupervisor, type Listening, type Plan, type Refusal, type Supervisor, type Watched } from '../../gateway/supervise.ts';
import { createFakeClock, type FakeClock } from '../fake-clock.ts';
import { silentLog } from '../silent-log.ts';

let clock: FakeClock;
let stop: AbortController;
let running: Promise<void>;
let emitted: Fact[];
let supervisor: Supervisor;

beforeEach(() => {
  clock = createFakeClock();
  stop = new AbortController();
  emitted = [];
});
afterEach(async () => {
  stop.abort();
  await clock.advance(5000);
  await running;
});

type Tell = (active: boolean) => void;

/** A camera that goes on telling until `loses` is called, or refuses at once with `refuses`. */
function listened() {
  const looks: number[] = [];
  const attempts: number[] = [];
  const given: Refusal[] = [];
  const state: {
    contact: FaultCode | 'ok';
    refuses: FaultCode | undefined;
    refusal: Refusal | undefined;
    tell: Tell;
    lose: (fault: FaultCode) => void;
  } = {
    contact: 'ok',
    refuses: undefined,
    refusal: undefined,
    tell: () => {},
    lose: () => {},
  };
  const at = () => new Date(clock.now()).toISOString();
  const events = (listening: EventsObservation['listening'], active: boolean): EventsObservation => ({
    kind: 'events',
    device: 'camera-1',
    at: at(),
    listening,
    tamper: [{ kind: 'covered', topic: 'Tamper', source: '1', active, at: '2026-11-23T00:00:00.000Z', stale: false }],
    inputs: [],
  });
  const listening: Listening = {
    kind: 'events',
    validForMs: 900_000,
    async run({ signal, tell }) {
      attempts.push(clock.now());
      if (state.refuses !== undefined) return events({ ok: false, fault: state.refuses, detail: 'simulated' }, false);
      tell(events({ ok: true, value: undefined }, false));
      state.tell = (active) => tell(events({ ok: true, value: undefined }, active));
      const { promise, resolve } = Promise.withResolvers<FaultCode>();
      state.lose = resolve;
      signal.addEventListener('abort', () => resolve('device-unreachable'));
      if (signal.aborted) resolve('device-unreachable');
      return events({ ok: false, fault: await promise, detail: 'simulated' }, false);
    },
  };
  const plan = (kind: Plan['kind'], everyMs: number, probe: () => Observation): Plan => ({
    kind,
    everyMs,
    deadlineMs: 3000,
    probe: async () => probe(),
  });
  const contact = plan('contact', 10_000, () =>
    state.contact === 'ok'
      ? {
          kind: 'contact',
          device: 'camera-1',
          at: at(),
          address: 'a:80',
          contact: { ok: true, value: { roundTripMs: 5 } },
          clock: { ok: true, value: { offsetSeconds: 0, uncertaintySeconds: 0.5 } },
        }
      : unobserved('contact', { device: 'camera-1', at: clock.now(), address: 'a:80', fault: state.contact, detail: 'simulated' }),
  );
  const identity = plan('identity', 60_000, () => {
    looks.push(clock.now());
    return {
      kind: 'identity',
      device: 'camera-1',
      at: at(),
      identity: { ok: true, value: { manufacturer: 'A', model: 'B', firmware: 'C', serial: 'D' } },
    };
  });
  const watched: Watched = {
    id: 'camera-1',
    address: () => 'a:80',
    contact,
    others: [identity],
    listening,
    refusal: () => state.refusal,
    giveUpPassword: (refusal) => void given.push(refusal),
    retryPassword: () => {},
  };
  return { watched, state, looks, attempts, given };
}

function supervise({ watched }: ReturnType<typeof listened>): void {
  const { now, sleep } = clock;
  const emit = (facts: Fact[]) => void emitted.push(...facts);
  supervisor = createSupervisor({ devices: [watched], emit, now, sleep, random: () => 0, log: silentLog });
  running = supervisor.run(stop.signal);
}

function tamper(): string | undefined {
  const fact = supervisor.present().find(({ check }) => check === 'tamper');
  return fact && [fact.outcome, ...(fact.fault === undefined ? [] : [fact.fault])].join(' ');
}

describe('what a camera tells', () => {
  test('is a fact in the same moment, and looked at with our own eyes, but not at every alarm', async () => {
    const camera = listened();
    supervise(camera);
    await clock.advance(20_000);
    expect(tamper()).toBe('ok');
    const before = camera.looks.length;
    for (const active of [true, false, true, false, true]) {
      camera.state.tell(active);
      await clock.advance(100);
    }
    expect(tamper()).toBe('fault tampered');
    expect(camera.looks).toHaveLength(before + 1);
  });

  test('is unknown as soon as it is lost, and everything else goes on', async () => {
    const camera = listened();
    supervise(camera);
    await clock.advance(20_000);
    camera.state.lose('soap-fault');
    await clock.advance(1);
    expect(tamper()).toBe('unknown soap-fault');
    await clock.advance(60_000);
    expect(tamper()).toBe('ok');
    expect(camera.looks.length).toBeGreaterThan(1);
  });

  test('is told again in time, though seldom', async () => {
    const camera = listened();
    supervise(camera);
    for (let minute = 0; minute < 60; minute += 1) {
      await clock.advance(60_000);
      camera.state.tell(false);
    }
    const told = emitted.filter(({ check }) => check === 'tamper');
    expect(told.length).toBeLessThan(12);
    for (const [index, fact] of told.entries()) {
      const next = told[index + 1];
      if (next !== undefined) expect(Date.parse(next.observedAt)).toBeLessThan(Date.parse(fact.validUntil));
    }
  });

  test('is not called lost because the gateway stops', async () => {
    const camera = listened();
    supervise(camera);
    await clock.advance(20_000);
    stop.abort();
    await clock.advance(5000);
    await running;
    expect(tamper()).toBe('ok');
  });
});

describe('a camera that throws us out', () => {
  test.each(['soap-fault', 'not-supported', 'no-answer'] as const)('each time (%s) is asked ever more seldom', async (fault) => {
    const camera = listened();
    camera.state.refuses = fault;
    supervise(camera);
    await clock.advance(3_600_000);
    expect(camera.attempts.length).toBeLessThan(15);
    expect(camera.attempts.length).toBeGreaterThan(6);
    expect(tamper()).toBe(`unknown ${fault}`);
  });

  test('after a long while is back soon', async () => {
    const camera = listened();
    supervise(camera);
    await clock.advance(600_000);
    camera.state.lose('soap-fault');
    await clock.advance(6000);
    expect(camera.attempts).toHaveLength(2);
  });

  test('by coming and going every few seconds is not met by a storm of our own', async () => {
    const camera = listened();
    supervise(camera);
    for (let turn = 0; turn < 60; turn += 1) {
      await clock.advance(10_000);
      camera.state.contact = turn % 2 === 0 ? 'refused' : 'ok';
    }
    expect(camera.attempts.length).toBeLessThan(10);
  });

  test('by being unplugged is listened to again when it is back', async () => {
    const camera = listened();
    supervise(camera);
    await clock.advance(120_000);
    camera.state.contact = 'no-answer';
    await clock.advance(30_000);
    expect(tamper()).toBe('unknown device-unreachable');
    camera.state.contact = 'ok';
    await clock.advance(30_000);
    expect(tamper()).toBe('ok');
  });
});

describe('a refused password', () => {
  test('heard by listening ends all attempts at every door, and is set down', async () => {
    const camera = listened();
    camera.state.refuses = 'credentials-refused';
    supervise(camera);
    await clock.advance(3_600_000);
    expect(camera.attempts).toHaveLength(1);
    expect(camera.looks.length).toBeLessThan(2);
    expect(camera.given).toMatchObject([{ fault: 'credentials-refused' }]);
  });

  test('of an earlier run of the gateway is not tried again until somebody asks for it', async () => {
    const camera = listened();
    camera.state.refusal = { fault: 'credentials-refused', detail: 'refused yesterday' };
    supervise(camera);
    await clock.advance(600_000);
    expect([camera.attempts.length, camera.looks.length]).toEqual([0, 0]);
    expect(supervisor.present().find(({ check }) => check === 'identity')).toMatchObject({
      outcome: 'unknown',
      fault: 'credentials-refused',
    });
    supervisor.probeNow('camera-1');
    await clock.advance(1000);
    expect([camera.attempts.length, camera.looks.length]).toEqual([1, 1]);
  });
});
