// The ONVIF Event service: pull-point subscriptions, and the properties they tell about.
import type { Faults } from '../faults.ts';
import { namespaces } from './namespaces.ts';
import { type Notification, notificationContent } from './notification.ts';
import type { Actions, Asked, Service } from './service.ts';
import { argument, invalidArgument, SoapFault } from './soap.ts';
import { concreteDialect, concreteSetDialect, topicFilter } from './topics.ts';
import { child, tagName, textAt, type Xml, xml } from './xml.ts';
import { instant, parseDuration, parseInstant } from './xsd-values.ts';

/** Something about the device that is true or false, and whose changes are told. */
export interface Property {
  topic: string;
  source: Readonly<Record<string, string>>;
  /** Name of the value in the message. */
  value: string;
}

export interface EventOptions {
  properties: readonly Property[];
  maxSubscriptions: number;
  faults: Faults;
  /** The device’s own clock, milliseconds since 1970. */
  clock(): number;
}

export interface EventService {
  service: Service;
  /** Renew and Unsubscribe, which belong to another namespace. */
  subscriptions: Actions;
  /** How many subscriptions there are now. */
  count(): number;
  /** Sets a property and tells every subscription whose filter lets it through. */
  fire(property: Property, value: boolean): void;
  close(): void;
}

interface Subscription {
  path: string;
  lifeMs: number;
  until: number;
  wants(topic: string): boolean;
  queue: Notification[];
  /** Ends the wait of the pull that is going on. */
  wake(): void;
}

const servicePath = '/onvif/event_service';
const subscriptionPath = '/onvif/subscription/';
/** How it is named in a header, where the address does not. */
const parameter = 'SubscriptionId';
const parameterNamespace = 'http://maker.example/events';
const queuedMax = 100;
const pullTimeoutMaxMs = 60_000;
const lifeDefaultMs = 60_000;
const lifeMaxMs = 3_600_000;

export function createEventService({ properties, maxSubscriptions, faults, clock }: EventOptions): EventService {
  const subscriptions = new Map<string, Subscription>();
  const values = new Map<Property, boolean>(properties.map((property) => [property, false]));
  let created = 0;

  const notification = (property: Property, operation: Notification['operation']): Notification => ({
    topic: property.topic,
    time: clock(),
    operation,
    source: property.source,
    data: { name: property.value, value: values.get(property) === true },
  });
  const initial = (wants: Subscription['wants']) =>
    properties.filter(({ topic }) => wants(topic)).map((property) => notification(property, 'Initialized'));

  function forgetAll(): void {
    for (const subscription of subscriptions.values()) subscription.wake();
    subscriptions.clear();
  }
  faults.onSwitch('events-forgotten', forgetAll);

  function dropExpired(): void {
    if (faults.has('events-forgotten')) forgetAll();
    for (const [path, subscription] of subscriptions) {
      if (subscription.until > clock()) continue;
      subscriptions.delete(path);
      subscription.wake();
    }
  }

  function subscriptionOf({ url, header }: Asked): Subscription {
    dropExpired();
    const named = textAt(header, parameter);
    const path = named === undefined ? url : `${subscriptionPath}${named}`;
    // Devices that give no address mean the newest one.
    const newest = faults.has('no-subscription-address') && url === servicePath ? [...subscriptions.values()].at(-1) : undefined;
    const subscription = subscriptions.get(path) ?? newest;
    if (subscription !== undefined) return subscription;
    const detail = xml`<wsrf-r:ResourceUnknownFault><wsrf-bf:Timestamp>${instant(clock())}</wsrf-bf:Timestamp></wsrf-r:ResourceUnknownFault>`;
    throw new SoapFault('Sender', ['InvalidArgVal', 'ResourceUnknown'], `There is no subscription at ${url}.`, detail);
  }

  function create({ action, base }: Asked): Xml {
    dropExpired();
    if (faults.has('no-subscription')) throw new SoapFault('Receiver', ['Action'], 'No subscription can be made.');
    if (subscriptions.size >= maxSubscriptions || faults.has('busy')) throw noSubscriptionLeft(clock());
    const wants = topicFilter(child(action, 'Filter'));
    const lifeMs = lifeAsked(textAt(action, 'InitialTerminationTime'), clock());
    created += 1;
    const path = `${subscriptionPath}${created}`;
    const subscription = { path, lifeMs, until: clock() + lifeMs, wants, queue: initial(wants), wake: () => undefined };
    subscriptions.set(path, subscription);
    return xml`<tev:CreatePullPointSubscriptionResponse>
      <tev:SubscriptionReference>${reference(base, created)}</tev:SubscriptionReference>
      ${times(tagName('wsnt:CurrentTime'), tagName('wsnt:TerminationTime'), subscription.until)}</tev:CreatePullPointSubscriptionResponse>`;
  }

  const reference = (base: string, number: number): Xml => {
    if (faults.has('no-subscription-address')) return xml`<wsa:Address></wsa:Address>`;
    if (!faults.has('subscription-parameters')) return xml`<wsa:Address>${base}${subscriptionPath}${number}</wsa:Address>`;
    return xml`<wsa:Address>${base}${servicePath}</wsa:Address><wsa:ReferenceParameters>
      <maker:SubscriptionId xmlns:maker="${parameterNamespace}">${number}</maker:SubscriptionId></wsa:ReferenceParameters>`;
  };

  async function pull(asked: Asked): Promise<Xml> {
    const { action, signal } = asked;
    const subscription = subscriptionOf(asked);
    if (faults.has('events-silent')) await gone(signal);
    const limit = Number(argument(action, 'MessageLimit'));
    const timeoutMs = parseDuration(argument(action, 'Timeout'));
    if (!(limit >= 1) || timeoutMs === undefined)
      throw invalidArgument('InvalidArgs', 'Timeout must be a duration and MessageLimit at least 1.');
    const waitMs = Math.min(timeoutMs, pullTimeoutMaxMs);
    const cutMs = faults.has('pulls-cut') ? faults.seconds('pulls-cut') * 1000 : Number.POSITIVE_INFINITY;
    if (subscription.queue.length === 0) await waitFor(subscription, Math.min(waitMs, cutMs), signal);
    // Any error that is no SOAP fault cuts the connection.
    if (subscription.queue.length === 0 && waitMs > cutMs) throw new Error('the pull took too long');
    subscriptionOf(asked);
    subscription.until = clock() + subscription.lifeMs;
    const messages = subscription.queue.splice(0, limit);
    return xml`<tev:PullMessagesResponse>${times(tagName('tev:CurrentTime'), tagName('tev:TerminationTime'), subscription.until)}
      ${messages.map((message) => xml`<wsnt:NotificationMessage>${notificationContent(message)}</wsnt:NotificationMessage>`)}</tev:PullMessagesResponse>`;
  }

  function renew(asked: Asked): Xml {
    const { action } = asked;
    const subscription = subscriptionOf(asked);
    subscription.lifeMs = lifeAsked(argument(action, 'TerminationTime'), clock());
    subscription.until = clock() + subscription.lifeMs;
    // WS-BaseNotification has these two the other way round here.
    return xml`<wsnt:RenewResponse><wsnt:TerminationTime>${instant(subscription.until)}</wsnt:TerminationTime>
      <wsnt:CurrentTime>${instant(clock())}</wsnt:CurrentTime></wsnt:RenewResponse>`;
  }

  function unsubscribe(asked: Asked): Xml {
    const subscription = subscriptionOf(asked);
    subscriptions.delete(subscription.path);
    subscription.wake();
    return xml`<wsnt:UnsubscribeResponse/>`;
  }

  function synchronize(asked: Asked): Xml {
    const subscription = subscriptionOf(asked);
    for (const message of initial(subscription.wants)) enqueue(subscription, message);
    return xml`<tev:SetSynchronizationPointResponse/>`;
  }

  const times = (current: Xml, termination: Xml, until: number) =>
    xml`<${current}>${instant(clock())}</${current}><${termination}>${instant(until)}</${termination}>`;

  return {
    service: {
      namespace: namespaces.tev,
      path: servicePath,
      present: () => !faults.has('no-events'),
      version: { major: 21, minor: 12 },
      capabilities: () => capabilities(maxSubscriptions),
      open: ['GetServiceCapabilities'],
      actions: {
        GetServiceCapabilities: () =>
          xml`<tev:GetServiceCapabilitiesResponse>${capabilities(maxSubscriptions)}</tev:GetServiceCapabilitiesResponse>`,
        GetEventProperties: () => eventProperties(properties),
        CreatePullPointSubscription: create,
        PullMessages: pull,
        SetSynchronizationPoint: synchronize,
      },
    },
    subscriptions: { namespace: namespaces.wsnt, actions: { Renew: renew, Unsubscribe: unsubscribe } },
    fire(property, value) {
      if (values.get(property) === value) return;
      values.set(property, value);
      for (const subscription of subscriptions.values()) {
        if (subscription.wants(property.topic)) enqueue(subscription, notification(property, 'Changed'));
      }
    },
    count() {
      dropExpired();
      return subscriptions.size;
    },
    close: forgetAll,
  };
}

function gone(signal: AbortSignal): Promise<unknown> {
  return signal.aborted ? Promise.resolve() : new Promise((resolve) => signal.addEventListener('abort', resolve));
}

/** The oldest goes when nobody pulls. */
function enqueue(subscription: Subscription, message: Notification): void {
  if (subscription.queue.length >= queuedMax) subscription.queue.shift();
  subscription.queue.push(message);
  subscription.wake();
}

function waitFor(subscription: Subscription, timeoutMs: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, timeoutMs);
    signal.addEventListener('abort', done);
    subscription.wake();
    subscription.wake = done;
  });
}

/** A duration or an instant (wsnt:AbsoluteOrRelativeTimeType). */
function lifeAsked(text: string | undefined, now: number): number {
  if (text === undefined || text === '') return lifeDefaultMs;
  const instantAsked = parseInstant(text);
  const life = parseDuration(text) ?? (instantAsked === undefined ? undefined : instantAsked - now);
  if (life === undefined || life <= 0)
    throw invalidArgument('UnacceptableInitialTerminationTimeFault', `The termination time "${text}" is not acceptable.`);
  return Math.min(life, lifeMaxMs);
}

function noSubscriptionLeft(now: number): SoapFault {
  const detail = xml`<wsnt:SubscribeCreationFailedFault><wsrf-bf:Timestamp>${instant(now)}</wsrf-bf:Timestamp></wsnt:SubscribeCreationFailedFault>`;
  return new SoapFault('Receiver', ['Action', 'SubscribeCreationFailedFault'], 'The device has no subscription left.', detail);
}

function capabilities(maxSubscriptions: number): Xml {
  return xml`<tev:Capabilities WSSubscriptionPolicySupport="false" WSPausableSubscriptionManagerInterfaceSupport="false"
    MaxNotificationProducers="0" MaxPullPoints="${maxSubscriptions}" PersistentNotificationStorage="false"/>`;
}

function eventProperties(properties: readonly Property[]): Xml {
  return xml`<tev:GetEventPropertiesResponse>
    <tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>
    <wsnt:FixedTopicSet>true</wsnt:FixedTopicSet><wstop:TopicSet>${topicTree(properties.map((property) => ({ property, rest: property.topic.split('/') })))}</wstop:TopicSet>
    <wsnt:TopicExpressionDialect>${concreteDialect}</wsnt:TopicExpressionDialect>
    <wsnt:TopicExpressionDialect>${concreteSetDialect}</wsnt:TopicExpressionDialect>
    <tev:MessageContentFilterDialect>http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter</tev:MessageContentFilterDialect>
    <tev:MessageContentSchemaLocation>http://www.onvif.org/onvif/ver10/schema/onvif.xsd</tev:MessageContentSchemaLocation></tev:GetEventPropertiesResponse>`;
}

/** Topics that begin alike share their first elements. */
function topicTree(branches: readonly { property: Property; rest: readonly string[] }[]): Xml[] {
  const groups = Map.groupBy(branches, ({ rest }) => rest[0]);
  return [...groups].map(([name = '', members]) => {
    const tag = tagName(name);
    const below = members.map(({ property, rest }) => ({ property, rest: rest.slice(1) }));
    const [leaf] = below.filter(({ rest }) => rest.length === 0);
    return leaf === undefined
      ? xml`<${tag}>${topicTree(below)}</${tag}>`
      : xml`<${tag} wstop:topic="true">${description(leaf.property)}</${tag}>`;
  });
}

function description({ source, value }: Property): Xml {
  return xml`<tt:MessageDescription IsProperty="true">
    <tt:Source>${Object.keys(source).map((name) => xml`<tt:SimpleItemDescription Name="${name}" Type="tt:ReferenceToken"/>`)}</tt:Source>
    <tt:Data><tt:SimpleItemDescription Name="${value}" Type="xs:boolean"/></tt:Data></tt:MessageDescription>`;
}
