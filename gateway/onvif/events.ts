// ONVIF's event service: subscribes to a pull point, pulls until it is lost, and always gives the subscription back.
import { randomUUID } from 'node:crypto';
import { mendServiceAddress } from './address.ts';
import { DeviceError, printable } from './device-error.ts';
import { parseInstant } from './instant.ts';
import { type Markup, xml } from './markup.ts';
import type { OnvifSession } from './session.ts';
import type { Operation } from './soap.ts';
import { child, children, textOf, type XmlNode } from './xml-node.ts';

/** One event as the device told it. */
export interface DeviceEvent {
  /** Without prefixes: `VideoSource/MotionAlarm`. */
  topic: string;
  /** What of the device it is about: the values of its source, in order. */
  source: string;
  /** How things stand is told by the first two, and that they stand no more by `Deleted`; without any it only happened. */
  operation: 'Initialized' | 'Changed' | 'Deleted' | undefined;
  /** By name. */
  data: ReadonlyMap<string, string>;
}

export interface FollowOptions {
  signal: AbortSignal;
  sleep(ms: number, signal: AbortSignal): Promise<void>;
  /** Called after every pull that was answered, also where nothing had happened. */
  heard(events: DeviceEvent[]): void;
}

/** Short, since what is lost with a gateway that is killed is only given back by running out; as long as three questions take. */
const lifeSeconds = 180;
/** A question costs the same however long it waits for its answer, and what happens is told at once. */
const pullSeconds = 60;
const pullSecondsMin = 1;
const messagesMax = 100;
/** Some cameras answer at once, whatever they are asked; others tell of motion without end. */
const pullEveryMs = 1000;
const unansweredMax = 3;
const askMs = 5000;
/** How things stand is told anew this often, for cameras that lose the end of what they told the beginning of. */
const synchronizeEveryMs = 600_000;

/** Follows until `signal` fires. Throws DeviceError where there is no subscription to be had, or where it was lost. */
export async function followEvents(session: OnvifSession, options: FollowOptions): Promise<void> {
  const subscription = await subscribe(session);
  try {
    await pullAll(session, subscription, options);
  } finally {
    await giveBack(session, subscription);
  }
}

interface Subscription {
  at: URL;
  /** What the device wants to be told of it with each request. */
  parameters: Markup[];
  lifeMs: number;
}

/** Not ended by a signal: a subscription whose answer nobody reads is lost, and cameras have few. */
async function subscribe(session: OnvifSession): Promise<Subscription> {
  const signal = AbortSignal.timeout(askMs);
  const service = (await session.services({ signal })).get('events');
  if (service === undefined) throw new DeviceError('not-supported', 'the device offers no events service');
  const create = (content?: Markup) => {
    const operation = addressed({ service: 'events', action: 'CreatePullPointSubscription' }, { at: service, parameters: [] });
    return session.call(content === undefined ? operation : { ...operation, content }, { signal });
  };
  const response = await create(xml`<InitialTerminationTime>PT${lifeSeconds}S</InitialTerminationTime>`).catch((thrown: unknown) => {
    // Some devices only grant what they have thought of themselves.
    if (thrown instanceof DeviceError && /TerminationTime/i.test(thrown.detail)) return create();
    throw thrown;
  });
  const reference = child(response, 'SubscriptionReference');
  return {
    // Some devices leave the address out, and answer at their event service.
    at: mendServiceAddress(textOf(reference, 'Address') ?? '', service) ?? service,
    parameters: (child(reference, 'ReferenceParameters')?.children ?? []).flatMap(echoed),
    lifeMs: granted(response) ?? lifeSeconds * 1000,
  };
}

/** How long the device means to keep it, by its own clock alone. */
function granted(response: XmlNode): number | undefined {
  const [now, until] = ['CurrentTime', 'TerminationTime'].map((name) => parseInstant(textOf(response, name)));
  return now === undefined || until === undefined || until <= now ? undefined : until - now;
}

/** As it came, name and namespace and all (WS-Addressing 1.0, 3.1); only the prefix is ours. */
function echoed(node: XmlNode): Markup[] {
  if (!/^[A-Za-z_][\w.-]*$/.test(node.name)) return [];
  const name = { xml: `p:${node.name}` };
  return [xml`<${name} xmlns:p="${node.namespace}" xmlns:wsa="${addressing}" wsa:IsReferenceParameter="true">${node.text}</${name}>`];
}

const addressing = 'http://www.w3.org/2005/08/addressing';
const actions: Record<string, string> = {
  CreatePullPointSubscription: 'http://www.onvif.org/ver10/events/wsdl/EventPortType/CreatePullPointSubscriptionRequest',
  PullMessages: 'http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesRequest',
  SetSynchronizationPoint: 'http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/SetSynchronizationPointRequest',
  Renew: 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest',
  Unsubscribe: 'http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest',
};

/** Several cameras tell their subscriptions apart by these headers alone. */
function addressed(operation: Operation, { at, parameters }: Pick<Subscription, 'at' | 'parameters'>): Operation {
  const actionUri = actions[operation.action] ?? operation.action;
  const header = xml`<wsa:Action xmlns:wsa="${addressing}">${actionUri}</wsa:Action><wsa:To xmlns:wsa="${addressing}">${at.href}</wsa:To><wsa:MessageID xmlns:wsa="${addressing}">urn:uuid:${randomUUID()}</wsa:MessageID>${parameters}`;
  return { ...operation, header, actionUri };
}

async function pullAll(session: OnvifSession, subscription: Subscription, { signal, sleep, heard }: FollowOptions): Promise<void> {
  const renew = due(subscription.lifeMs / 2, 'not yet');
  const synchronize = due(synchronizeEveryMs, 'at once');
  let seconds = pullSeconds;
  let unanswered = 0;
  while (!signal.aborted) {
    const since = performance.now();
    // Before a third of its life is over it need not be renewed, however long the pull takes.
    seconds = Math.max(pullSecondsMin, Math.min(seconds, Math.floor(subscription.lifeMs / 3000)));
    const events = await pull(session, subscription, { signal, seconds }).catch(orUnanswered);
    if (signal.aborted) return;
    const elapsedMs = performance.now() - since;
    unanswered = events === undefined ? unanswered + 1 : 0;
    if (unanswered >= unansweredMax) throw new DeviceError('no-answer', `${unansweredMax} questions for events in a row were not answered`);
    // Cameras that close what takes them too long answer a shorter question.
    if (events === undefined) seconds = Math.floor(elapsedMs / 2000);
    else heard(events);
    if (renew()) await orWithout(ask(session, subscription, renewal, signal));
    if (events?.length === 0 && synchronize()) await orWithout(ask(session, subscription, synchronization, signal));
    await sleep(Math.max(0, pullEveryMs - elapsedMs), signal);
  }
}

/** True once every so often. */
function due(everyMs: number, first: 'at once' | 'not yet'): () => boolean {
  let last = first === 'at once' ? Number.NEGATIVE_INFINITY : performance.now();
  return () => {
    if (performance.now() - last < everyMs) return false;
    last = performance.now();
    return true;
  };
}

const renewal: Operation = { service: 'subscription', action: 'Renew', content: xml`<TerminationTime>PT${lifeSeconds}S</TerminationTime>` };
const synchronization: Operation = { service: 'events', action: 'SetSynchronizationPoint' };

function ask(session: OnvifSession, subscription: Subscription, operation: Operation, signal: AbortSignal): Promise<XmlNode> {
  return session.call(addressed(operation, subscription), { signal, at: subscription.at, patienceMs: askMs });
}

/** Some devices know neither question, and keep a subscription for as long as it is pulled: the next pull tells. */
async function orWithout(answer: Promise<XmlNode>): Promise<void> {
  try {
    await answer;
  } catch (thrown) {
    if (thrown instanceof DeviceError && (thrown.fault === 'credentials-refused' || thrown.fault === 'locked')) throw thrown;
  }
}

async function pull(
  session: OnvifSession,
  subscription: Subscription,
  { signal, seconds }: { signal: AbortSignal; seconds: number },
): Promise<DeviceEvent[]> {
  const content = xml`<Timeout>PT${seconds}S</Timeout><MessageLimit>${messagesMax}</MessageLimit>`;
  const operation = addressed({ service: 'events', action: 'PullMessages', content }, subscription);
  const response = await session.call(operation, { signal, at: subscription.at, patienceMs: seconds * 1000 + askMs });
  return children(response, 'NotificationMessage').flatMap(eventOf);
}

/** No answer is not yet the end; a fault the device answers with is, for it then knows no such subscription. */
function orUnanswered(thrown: unknown): undefined {
  if (thrown instanceof DeviceError && ['no-answer', 'truncated', 'too-slow'].includes(thrown.fault)) return undefined;
  throw thrown;
}

/** Subscriptions cannot be listed: one not given back fills the camera's few until it starts anew. */
async function giveBack(session: OnvifSession, subscription: Subscription): Promise<void> {
  try {
    await ask(session, subscription, { service: 'subscription', action: 'Unsubscribe' }, AbortSignal.timeout(askMs));
  } catch {
    // Lost already, or with a device that is gone.
  }
}

function eventOf(notification: XmlNode): DeviceEvent[] {
  const topic = textOf(notification, 'Topic');
  const message = child(notification, 'Message', 'Message');
  if (topic === undefined || message === undefined) return [];
  const operation = (['Initialized', 'Changed', 'Deleted'] as const).find((each) => each === message.attributes.get('PropertyOperation'));
  return [
    {
      topic: printable(topic.replaceAll(/(^|\/)[\w.-]+:/g, '$1'), 200),
      source: printable([...itemsIn(child(message, 'Source')).values()].join(' '), 128),
      operation,
      data: itemsIn(child(message, 'Data')),
    },
  ];
}

function itemsIn(node: XmlNode | undefined): Map<string, string> {
  return new Map(children(node, 'SimpleItem').map((item) => [item.attributes.get('Name') ?? '', item.attributes.get('Value') ?? '']));
}
