// Watches one device: keeps contact with it, and looks closer while it answers and takes our password.
import type { Fact } from '#contract/facts.ts';
import type { Heartbeat } from '#contract/gateway-health.ts';
import type { Sleep } from '../clock.ts';
import type { Log } from '../log.ts';
import type { Plan, Refusal, Watched } from '../supervise.ts';
import { createListener } from './listen.ts';
import { isRefusal, type Look } from './look.ts';
import type { Present } from './present.ts';
import { createTurns } from './turns.ts';

export interface Watch {
  id: string;
  run(signal: AbortSignal): Promise<void>;
  probeNow(): void;
  health(): Heartbeat['devices'][number];
}

const unreachable: Refusal = { fault: 'device-unreachable', detail: 'not looked at, because the device does not answer' };

/** A plan that failed this often in a row is tried half as often, which still renews its facts before they run out. */
const patience = 3;
const firstLookWithinMs = 1000;
/** A camera that tells of tampering every second is not looked at as often. */
const alarmEveryMs = 10_000;

export interface WatchDeps {
  look: Look;
  present: Present;
  now: () => number;
  sleep: Sleep;
  random: () => number;
  log: Log;
}

export function createWatch(device: Watched, deps: WatchDeps): Watch {
  const { look, present, sleep } = deps;
  const ownTurn = createTurns(1); // a small camera has no second session to give
  let answers = false;
  let refused = device.refusal?.();
  let closer = new AbortController(); // fires when there is no more point in looking closer
  let alarm = new AbortController(); // fires when it is time for the next look
  let streamAlarm = new AbortController(); // fires when it is time for the next look at the stream
  let seenAt: string | undefined;
  let itself = true; // as far as the last closer look told
  let alarmedAt = Number.NEGATIVE_INFINITY;

  const lookAgainNow = () => {
    const sleeping = alarm;
    alarm = new AbortController();
    if (closer.signal.aborted) closer = new AbortController();
    sleeping.abort('woken');
  };
  // Earlier than asked, never later: how soon a loss is noticed is a promise.
  const pause = (ms: number, ends: AbortSignal[]) => sleep(ms * (1 - deps.random() / 10), AbortSignal.any(ends));

  const noteContact = (facts: Fact[]) => {
    const reachable = facts.find(({ check }) => check === 'reachable');
    if (reachable?.outcome === 'ok') seenAt = reachable.observedAt;
    const answered = answers;
    answers = reachable?.outcome !== 'fault';
    if (answered && !answers) closer.abort();
    if (!answered && answers) lookAgainNow();
  };

  /** Keeps saying why the closer looks are missing, so that this does not go stale. */
  const tellObstacle = () => {
    const obstacle = answers ? refused : unreachable;
    if (obstacle === undefined) return;
    for (const plan of device.others) present.report(look.without(plan, obstacle));
  };

  const keepContact = async (signal: AbortSignal) => {
    await sleep(deps.random() * firstLookWithinMs, signal);
    while (!signal.aborted) {
      const facts = await look.at(device.contact, signal);
      if (facts === undefined) return;
      present.report(facts);
      noteContact(facts);
      tellObstacle();
      await pause(device.contact.everyMs, [signal, alarm.signal]);
    }
  };

  const noteRefusal = (facts: Fact[]) => {
    const refusal = facts.find(isRefusal);
    if (refusal?.fault === undefined) return;
    refused = {
      fault: refusal.fault,
      detail: `${refusal.detail ?? 'the password is not taken'}; no further attempt is made until asked for`,
    };
    remember(refused);
    closer.abort();
    tellObstacle();
  };

  const remember = (refusal: Refusal) => {
    try {
      device.giveUpPassword?.(refusal);
    } catch (err) {
      deps.log.error({ err, device: device.id }, 'a refused password could not be set down; after a restart it is tried once more');
    }
  };

  /** Another device in its place, or its return, is everyone's business at once: who it is, is asked seldom. */
  const noteItself = (facts: Fact[]) => {
    const stranger = facts.some(({ fault }) => fault === 'wrong-device');
    if (stranger !== itself || !(stranger || facts.some(({ outcome }) => outcome === 'ok'))) return;
    itself = !stranger;
    lookAgainNow();
  };

  /** A picture is looked at more often than the stream: where the two disagree whether the stream runs, the stream is looked at again at once. */
  const noteStream = (plan: Plan) => {
    if (plan.kind !== 'picture') return;
    const picture = present.get(device.id, 'picture');
    if ((picture?.measured !== undefined) === (present.get(device.id, 'stream')?.outcome === 'ok')) return;
    const sleeping = streamAlarm;
    streamAlarm = new AbortController();
    sleeping.abort('woken');
  };

  /** Undefined where there was no point in looking, or no longer when the look ended. */
  const lookCloser = async (plan: Plan, signal: AbortSignal): Promise<Fact[] | undefined> => {
    if (!answers || refused !== undefined) return undefined;
    const facts = await look.at(plan, AbortSignal.any([signal, closer.signal]));
    if (facts === undefined) return undefined;
    present.report(facts);
    noteRefusal(facts);
    noteItself(facts);
    noteStream(plan);
    return facts;
  };

  const keepLooking = async (plan: Plan, signal: AbortSignal) => {
    let failures = 0;
    while (!signal.aborted) {
      const woken = alarm.signal; // taken before looking: an alarm during a look that came to nothing is not missed
      const facts = await ownTurn(() => lookCloser(plan, signal));
      if (facts !== undefined) failures = facts.every(({ outcome }) => outcome === 'ok') ? 0 : failures + 1;
      await pause(failures < patience ? plan.everyMs : 2 * plan.everyMs, [
        signal,
        facts === undefined ? woken : alarm.signal,
        ...(plan.kind === 'stream' ? [streamAlarm.signal] : []),
      ]);
    }
  };

  /** What a camera tells of tampering is looked at with our own eyes, at once. */
  const hear = (facts: Fact[]) => {
    const news = facts.some((fact) => fact.check === 'tamper' && tampering(fact) > tampering(present.get(fact.device, fact.check)));
    present.report(facts);
    noteRefusal(facts);
    if (!news || Math.abs(deps.now() - alarmedAt) < alarmEveryMs) return;
    alarmedAt = deps.now();
    lookAgainNow();
  };

  const keepListening = async (signal: AbortSignal) => {
    if (device.listening === undefined) return;
    const listen = createListener(device.listening, { ...deps, heard: (facts) => (signal.aborted ? undefined : hear(facts)) });
    while (!signal.aborted) {
      const woken = alarm.signal;
      if (answers && refused === undefined) await listen(AbortSignal.any([signal, closer.signal]));
      else await sleep(device.contact.everyMs, AbortSignal.any([signal, woken]));
    }
  };

  return {
    id: device.id,
    run: async (signal) => {
      await Promise.all([keepContact(signal), keepListening(signal), ...device.others.map((plan) => keepLooking(plan, signal))]);
    },
    probeNow() {
      device.retryPassword();
      refused = undefined;
      lookAgainNow();
    },
    health() {
      const reachable = present.get(device.id, 'reachable')?.outcome ?? 'unknown';
      return { id: device.id, reachable, ...(seenAt === undefined ? {} : { seenAt }) };
    },
  };
}

function tampering(fact: Fact | undefined): number {
  return fact?.check === 'tamper' ? (fact.measured?.sources.filter(({ active }) => active).length ?? 0) : 0;
}
