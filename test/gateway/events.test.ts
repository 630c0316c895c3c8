// What cameras tell by themselves, and how they stop telling: listened to on simulated cameras with each of the faults known from the field.
import { afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Fact } from '#contract/facts.ts';
import { judge } from '../../gateway/checks/index.ts';
import { now, sleep } from '../../gateway/clock.ts';
import type { EventsObservation } from '../../gateway/observation.ts';
import { createOnvifSession } from '../../gateway/onvif/session.ts';
import { createListening } from '../../gateway/probes/events.ts';
import { type CameraOptions, createCamera, type SimulatedCamera } from '../simulators/camera.ts';
import { type Media, prepareMedia } from '../simulators/media.ts';
import { bodyOf, clockAnswer, httpDevice, soap } from './onvif-raw-device.ts';

let media: Media;
let camera: SimulatedCamera;
let stop: AbortController;
let ended: Promise<EventsObservation>;
let heard: EventsObservation[];

beforeAll(async () => {
  media = await prepareMedia();
});
beforeEach(() => {
  stop = new AbortController();
  heard = [];
});
afterEach(async () => {
  stop.abort();
  await ended;
  await camera.close();
});

async function simulate(options: Partial<CameraOptions> = {}): Promise<void> {
  camera = await createCamera({ media, ...options });
}

/** Listens once, as the supervisor would. */
function listen(listening = createListening('camera-1')): void {
  const { onvifUrl, username, password } = camera;
  const session = createOnvifSession({ address: onvifUrl, credentials: { username, password }, now });
  const whoAnswers = async () => ({ ok: true as const });
  ended = listening(session, { signal: stop.signal, now, sleep, whoAnswers, tell: (observation) => void heard.push(observation) });
}

const factsOf = (observation: EventsObservation | undefined) => (observation === undefined ? [] : judge(observation, 900_000));
const said = ({ check, outcome, fault }: Fact) => [check, outcome, ...(fault === undefined ? [] : [fault])].join(' ');
const facts = () => factsOf(heard.at(-1)).map(said);
const soon = { timeout: 10_000, interval: 20 };

describe('a camera that tells by itself', () => {
  test('says at once how it stands, and whenever that changes', async () => {
    await simulate();
    listen();
    await vi.waitFor(() => expect(facts()).toEqual(['tamper ok', 'inputs ok']), soon);
    camera.fire('tamper', true);
    await vi.waitFor(() => expect(facts()).toEqual(['tamper fault tampered', 'inputs ok']), soon);
    camera.fire('tamper', false);
    camera.fire('input', true);
    await vi.waitFor(() => expect(facts()).toEqual(['tamper ok', 'inputs ok']), soon);
    expect(heard.at(-1)?.inputs).toMatchObject([{ token: 'DigitalInput_1', active: true }]);
  });

  test('of a dark picture only tells: lights out in a closed kitchen are no tampering', async () => {
    await simulate();
    listen();
    camera.fire('dark', true);
    await vi.waitFor(() => expect(heard.at(-1)?.tamper).toContainEqual(expect.objectContaining({ kind: 'dark', active: true })), soon);
    expect(facts()[0]).toBe('tamper ok');
  });

  test('gets its subscription back when nobody listens any more', async () => {
    await simulate();
    listen();
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(0), soon);
    expect(camera.subscriptions()).toBe(1);
    stop.abort();
    await ended;
    expect(camera.subscriptions()).toBe(0);
  });

  test('gets it back also where listening was ended while it was being made', async () => {
    await simulate();
    listen();
    stop.abort();
    await ended;
    expect(camera.subscriptions()).toBe(0);
  });
});

describe('a camera that does so in its own way', () => {
  test.each([
    ['names no address for the subscription', 'no-subscription-address'],
    ['tells subscriptions apart by parameters', 'subscription-parameters'],
    ['names an address that leads nowhere', 'wrong-xaddr'],
    ['takes digest only', 'digest-only'],
    ['takes tokens only, its clock two minutes ahead', 'token-only'],
  ] as const)('(it %s) is heard all the same, and gets its subscription back', async (_, fault) => {
    await simulate();
    await camera.faults.set(fault);
    if (fault === 'token-only') await camera.faults.set('clock-ahead');
    listen();
    await vi.waitFor(() => expect(facts()[0]).toBe('tamper ok'), soon);
    camera.fire('cover', true);
    await vi.waitFor(() => expect(facts()[0]).toBe('tamper fault tampered'), soon);
    stop.abort();
    await ended;
    expect(camera.subscriptions()).toBe(0);
  });

  test('(it cuts every question that takes it too long) is asked shorter ones', async () => {
    await simulate();
    await camera.faults.set('pulls-cut', 3);
    listen();
    await vi.waitFor(() => expect(heard.length).toBeGreaterThan(2), { timeout: 15_000, interval: 50 });
    camera.fire('tamper', true);
    await vi.waitFor(() => expect(facts()[0]).toBe('tamper fault tampered'), soon);
  });
});

describe('a camera that cannot be listened to', () => {
  test.each([
    ['without an event service', 'no-events', 'tamper unknown not-supported'],
    ['that grants no subscription', 'no-subscription', 'tamper unknown soap-fault'],
    ['whose subscriptions are used up', 'busy', 'tamper unknown soap-fault'],
    ['whose account is locked', 'locked', 'tamper unknown locked'],
    ['that forgets its subscriptions', 'events-forgotten', 'tamper unknown soap-fault'],
  ] as const)('(%s) is unknown', async (_, fault, expected) => {
    await simulate();
    await camera.faults.set(fault);
    listen();
    expect(factsOf(await ended).map(said)[0]).toBe(expected);
    expect(camera.subscriptions()).toBe(0);
  });

  test('(it starts anew) is unknown, and what was wrong before stays in what is told', async () => {
    await simulate();
    const listening = createListening('camera-1');
    listen(listening);
    camera.fire('cover', true);
    await vi.waitFor(() => expect(facts()[0]).toBe('tamper fault tampered'), soon);
    await camera.faults.set('events-forgotten');
    const [tamper] = factsOf(await ended);
    expect(tamper).toMatchObject({ outcome: 'unknown' });
    expect(tamper?.measured).toMatchObject({
      sources: expect.arrayContaining([expect.objectContaining({ kind: 'covered', active: true })]),
    });
    await camera.faults.clear('events-forgotten');
    camera.fire('cover', false);
    heard = [];
    listen(listening);
    await vi.waitFor(() => expect(facts()[0]).toBe('tamper ok'), soon);
  });
});

/** A camera of which a test writes every answer to a question for events. */
async function rawCamera(answers: { pull: (count: number) => string | undefined; create?: string }) {
  const asked: string[] = [];
  let pulls = 0;
  const device = await httpDevice(async (request, response) => {
    const body = await bodyOf(request);
    if (body.includes('GetSystemDateAndTime')) return void response.end(clockAnswer(Date.now()));
    if (body.includes('GetServices'))
      return void response.end(
        soap(
          '<r:GetServicesResponse><Service><Namespace>http://www.onvif.org/ver10/events/wsdl</Namespace><XAddr>http://192.0.2.9/events</XAddr></Service></r:GetServicesResponse>',
        ),
      );
    const action = /<(CreatePullPointSubscription|PullMessages|SetSynchronizationPoint|Renew|Unsubscribe) /.exec(body)?.[1] ?? 'nothing';
    asked.push(action);
    if (action === 'CreatePullPointSubscription') return void response.end(answers.create ?? created());
    if (action !== 'PullMessages') return void response.end(soap(`<r:${action}Response/>`));
    pulls += 1;
    const answer = answers.pull(pulls);
    if (answer === undefined) request.socket.destroy();
    else response.end(soap(`<r:PullMessagesResponse>${answer}</r:PullMessagesResponse>`));
  });
  const session = createOnvifSession({ address: device.address, now });
  const listening = createListening('camera-1');
  const whoAnswers = async () => ({ ok: true as const });
  const run = (signal: AbortSignal) => {
    const told: EventsObservation[] = [];
    const options = {
      signal,
      now,
      sleep: async () => {},
      whoAnswers,
      tell: (observation: EventsObservation) => void told.push(observation),
    };
    return { told, ended: listening(session, options) };
  };
  return { asked, run, [Symbol.asyncDispose]: () => device[Symbol.asyncDispose]() };
}

const created = (times = '') =>
  soap(
    `<r:CreatePullPointSubscriptionResponse><SubscriptionReference><Address>http://192.0.2.9/pull</Address></SubscriptionReference>${times}</r:CreatePullPointSubscriptionResponse>`,
  );
const message = (topic: string, operation: string, value: string) =>
  `<wsnt:NotificationMessage><wsnt:Topic>${topic}</wsnt:Topic><wsnt:Message><tt:Message UtcTime="2026-11-25T00:00:00Z"${operation === '' ? '' : ` PropertyOperation="${operation}"`}><tt:Source><tt:SimpleItem Name="Source" Value="1"/></tt:Source><tt:Data>${value}</tt:Data></tt:Message></wsnt:Message></wsnt:NotificationMessage>`;
const state = (value: string) => `<tt:SimpleItem Name="State" Value="${value}"/>`;

describe('a subscription', () => {
  test('that is not answered three times in a row is given up, and given back', async () => {
    await using device = await rawCamera({ pull: (count) => (count === 2 ? '' : undefined) });
    const observation = await device.run(AbortSignal.timeout(20_000)).ended;
    expect(observation.listening).toMatchObject({ ok: false, fault: 'no-answer' });
    expect(device.asked.filter((action) => action === 'PullMessages')).toHaveLength(5);
    expect(device.asked.at(-1)).toBe('Unsubscribe');
  });

  test('is renewed before it runs out, by the device’s own clock', async () => {
    const times = '<CurrentTime>2001-01-01T00:00:00Z</CurrentTime><TerminationTime>2001-01-01T00:00:01Z</TerminationTime>';
    const abort = new AbortController();
    await using device = await rawCamera({ create: created(times), pull: () => '' });
    const { ended: over } = device.run(abort.signal);
    await vi.waitFor(() => expect(device.asked).toContain('Renew'), soon);
    abort.abort();
    await over;
  });

  test('without any event ever is no statement that all is well', async () => {
    const abort = new AbortController();
    await using device = await rawCamera({ pull: () => '' });
    const { told, ended: over } = device.run(abort.signal);
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(2), soon);
    abort.abort();
    await over;
    expect(factsOf(told[2]).map(said)).toEqual(['tamper unknown not-supported', 'inputs unknown not-supported']);
  });
});

describe('events as makers write them', () => {
  test.each([
    ['tns1:RuleEngine/TamperDetector/Tamper', 'Changed', state('true'), 'tamper fault tampered'],
    ['tns1:RuleEngine/tnshik:shelteralarm', 'Changed', state('1'), 'tamper fault tampered'],
    ['tns1:VideoSource/tnsdahua:VideoBlind', '', '', 'tamper fault tampered'],
    ['tns1:VideoSource/SignalLoss', 'Initialized', state('true'), 'tamper fault tampered'],
    ['tns1:VideoSource/GlobalSceneChange/AnalyticsService', 'Initialized', state('false'), 'tamper ok'],
    ['tns1:VideoSource/ImageTooBlurry/ImagingService', 'Deleted', state('true'), 'tamper unknown not-supported'],
    [
      'tns1:VideoSource/ImageTooBlurry/ImagingService',
      'Changed',
      '<tt:SimpleItem Name="State" Value="perhaps"/>',
      'tamper unknown not-supported',
    ],
    ['tns1:VideoSource/MotionAlarm', 'Changed', state('true'), 'tamper unknown not-supported'],
  ])('%s %s', async (topic, operation, data, expected) => {
    const abort = new AbortController();
    await using device = await rawCamera({ pull: (count) => (count === 1 ? message(topic, operation, data) : '') });
    const { told, ended: over } = device.run(abort.signal);
    await vi.waitFor(() => expect(told.length).toBeGreaterThan(0), soon);
    abort.abort();
    await over;
    expect(factsOf(told[0]).map(said)[0]).toBe(expected);
  });
});
