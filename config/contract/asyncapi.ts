// The contract as an AsyncAPI 3 document, made from the same schemas that both programs check messages with.
import type { TSchema } from 'typebox';
import {
  AckMessage,
  CertificateMessage,
  CertificateRequestMessage,
  CommandMessage,
  EventBatch,
  GapsMessage,
  HeartbeatMessage,
  StatusMessage,
  StoredMessage,
} from './envelope.ts';
import { type DownTopic, evidenceTopic, topic, type UpTopic } from './topics.ts';

interface Channel {
  kind: UpTopic | DownTopic;
  /** Seen from the gateway, as the application this document describes. */
  action: 'send' | 'receive';
  qos: 0 | 1;
  retain: boolean;
  summary: string;
  contentType: string;
  payload: TSchema;
}

const json = 'application/cloudevents+json';

const channels: readonly Channel[] = [
  {
    kind: 'status',
    action: 'send',
    qos: 1,
    retain: true,
    summary: 'Online or not; `online: false` is the last will.',
    contentType: json,
    payload: StatusMessage,
  },
  {
    kind: 'heartbeat',
    action: 'send',
    qos: 0,
    retain: false,
    summary: 'Every 30 s: how the gateway is, one line a device.',
    contentType: json,
    payload: HeartbeatMessage,
  },
  {
    kind: 'events',
    action: 'send',
    qos: 1,
    retain: false,
    summary:
      'What waits in the outbox: facts, layouts, losses, replies. Redelivery is normal; (canteen, epoch, sequence) identifies an event.',
    contentType: 'application/cloudevents-batch+json',
    payload: EventBatch,
  },
  {
    kind: 'evidence',
    action: 'send',
    qos: 1,
    retain: false,
    summary: 'A JPEG; its topic ends in the SHA-256 of its bytes. Redelivery is normal: the same bytes are the same picture.',
    contentType: 'image/jpeg',
    payload: { type: 'string', format: 'binary' },
  },
  {
    kind: 'certificate-request',
    action: 'send',
    qos: 1,
    retain: false,
    summary: 'Asks for the next certificate, well before the present one expires.',
    contentType: json,
    payload: CertificateRequestMessage,
  },
  {
    kind: 'ack',
    action: 'receive',
    qos: 1,
    retain: true,
    summary: 'Stored up to here; the outbox forgets on this and on nothing else.',
    contentType: json,
    payload: AckMessage,
  },
  {
    kind: 'stored',
    action: 'receive',
    qos: 1,
    retain: false,
    summary: 'Pictures the server has; the gateway forgets them on this and on nothing else, and sends again what was never answered.',
    contentType: json,
    payload: StoredMessage,
  },
  {
    kind: 'gaps',
    action: 'receive',
    qos: 1,
    retain: true,
    summary: 'What is open at this canteen.',
    contentType: json,
    payload: GapsMessage,
  },
  {
    kind: 'commands',
    action: 'receive',
    qos: 1,
    retain: false,
    summary: 'What the server asks for.',
    contentType: json,
    payload: CommandMessage,
  },
  {
    kind: 'certificate',
    action: 'receive',
    qos: 1,
    retain: false,
    summary: 'The next certificate, or why there is none. The present one counts until the new one was used.',
    contentType: json,
    payload: CertificateMessage,
  },
];

/** The whole document, as plain JSON. `version` is the product's. */
export function asyncApiDocument(version: string): object {
  return {
    asyncapi: '3.0.0',
    info: {
      title: 'Mingzao gateway',
      version,
      description:
        'What a canteen’s gateway sends to the central server and receives from it, over MQTT 3.1.1, as CloudEvents 1.0 in JSON.',
    },
    defaultContentType: json,
    channels: Object.fromEntries(channels.map((channel) => [channel.kind, channelObject(channel)])),
    operations: Object.fromEntries(channels.map((channel) => [`${channel.action}-${channel.kind}`, operationObject(channel)])),
  };
}

function channelObject({ kind, summary, contentType, payload }: Channel): object {
  const parameters = { canteen: { description: 'The canteen’s id: the only thing a gateway may write under.' } };
  return {
    address: kind === 'evidence' ? evidenceTopic('{canteen}', '{sha256}') : topic('{canteen}', kind),
    summary,
    parameters: kind === 'evidence' ? { ...parameters, sha256: { description: '64 lower-case hex digits.' } } : parameters,
    messages: {
      [kind]: { name: kind, contentType, payload: { schemaFormat: 'application/schema+json;version=draft-07', schema: payload } },
    },
  };
}

function operationObject({ kind, action, qos, retain, summary }: Channel): object {
  return { action, channel: { $ref: `#/channels/${kind}` }, summary, bindings: { mqtt: { qos, retain, bindingVersion: '0.2.0' } } };
}
