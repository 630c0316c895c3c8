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

  function dropExpired(): void {
    for (const [path, subscription] of subscriptions) {
      if (subscription.until > clock()) continue;
      subscriptions.delete(path);
      subscription.wake();
    }
  }

  function subscriptionAt(url: string): Subscription {
    dropExpired();
    const subscription = subscriptions.get(url);
    if (subscription !== undefined) return subscription;
    const detail = xml`<wsrf-r:ResourceUnknownFault><wsrf-bf:Timestamp>${instant(clock())}</wsrf-bf:Timestamp></wsrf-r:ResourceUnknownFault>`;
    throw new SoapFault('Sender', ['InvalidArgVal', 'ResourceUnknown'], `There is no subscription at ${url}.`, detail);
  }

  function create({ action, base }: Asked): Xml {
    dropExpired();
    if (subscriptions.size >= maxSubscriptions || faults.has('busy')) throw noSubscriptionLeft(clock());
    const wants = topicFilter(child(action, 'Filter'));
    const lifeMs = lifeAsked(textAt(action, 'InitialTerminationTime'), clock());
    created += 1;
    const path = `/onvif/subscription/${created}`;
    const subscription = { path, lifeMs, until: clock() + lifeMs, wants, queue: initial(wants), wake: () => undefined };
    subscriptions.set(path, subscription);
    return xml`<tev:CreatePullPointSubscriptionResponse>
      <tev:SubscriptionReference><wsa:Address>${base}${path}</wsa:Address></tev:SubscriptionReference>
      ${times(tagName('wsnt:CurrentTime'), tagName('wsnt:TerminationTime'), subscription.until)}</tev:CreatePullPointSubscriptionResponse>`;
  }

  async function pull({ action, url, signal }: Asked): Promise<Xml> {
    const subscription = subscriptionAt(url);
    const limit = Number(argument(action, 'MessageLimit'));
    const timeoutMs = parseDuration(argument(action, 'Timeout'));
    if (!(limit >= 1) || timeoutMs === undefined)
      throw invalidArgument('InvalidArgs', 'Timeout must be a duration and MessageLimit at least 1.');
    if (subscription.queue.length === 0) await waitFor(subscription, Math.min(timeoutMs, pullTimeoutMaxMs), signal);
    subscriptionAt(url);
    subscription.until = clock() + subscription.lifeMs;
    const messages = subscription.queue.splice(0, limit);
    return xml`<tev:PullMessagesResponse>${times(tagName('tev:CurrentTime'), tagName('tev:TerminationTime'), subscription.until)}
      ${messages.map((message) => xml`<wsnt:NotificationMessage>${notificationContent(message)}</wsnt:NotificationMessage>`)}</tev:PullMessagesResponse>`;
  }

  function renew({ action, url }: Asked): Xml {
    const subscription = subscriptionAt(url);
    subscription.lifeMs = lifeAsked(argument(action, 'TerminationTime'), clock());
    subscription.until = clock() + subscription.lifeMs;
    // WS-BaseNotification has these two the other way round here.
    return xml`<wsnt:RenewResponse><wsnt:TerminationTime>${instant(subscription.until)}</wsnt:TerminationTime>
      <wsnt:CurrentTime>${instant(clock())}</wsnt:CurrentTime></wsnt:RenewResponse>`;
  }

  function unsubscribe({ url }: Asked): Xml {
    const subscription = subscriptionAt(url);
    subscriptions.delete(url);
    subscription.wake();
    return xml`<wsnt:UnsubscribeResponse/>`;
  }

  function synchronize({ url }: Asked): Xml {
    const subscription = subscriptionAt(url);
    for (const message of initial(subscription.wants)) enqueue(subscription, message);
    return xml`<tev:SetSynchronizationPointResponse/>`;
  }

  const times = (current: Xml, termination: Xml, until: number) =>
    xml`<${current}>${instant(clock())}</${current}><${termination}>${instant(until)}</${termination}>`;

  return {
    service: {
      namespace: namespaces.tev,
      path: '/onvif/event_service',
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
    close() {
      for (const subscription of subscriptions.values()) subscription.wake();
      subscriptions.clear();
    },
  };
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
