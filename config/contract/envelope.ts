// CloudEvents 1.0 in structured JSON form, around every message of the contract.
import { type Static, type TSchema, Type } from 'typebox';
import { CertificateAnswer, CertificateRequest } from './certificates.ts';
import { Command, Reply } from './commands.ts';
import { StoredPictures } from './evidence.ts';
import { Fact } from './facts.ts';
import { Ack, OpenGaps } from './gaps.ts';
import { Heartbeat, Loss, Status } from './gateway-health.ts';
import { Layout } from './layout.ts';
import { Instant } from './primitives.ts';

const attributes = <Name extends string>(type: Name) => ({
  specversion: Type.Literal('1.0'),
  id: Type.String({ minLength: 1, maxLength: 128 }),
  source: Type.String({ minLength: 1, maxLength: 200, format: 'uri-reference' }),
  type: Type.Literal(type),
  time: Instant,
  datacontenttype: Type.Literal('application/json'),
});

// Left open for further attributes: a broker on the way may add extensions, e.g. of tracing (CloudEvents 1.0, "Extension Context Attributes").
const message = <Name extends string, Data extends TSchema>(type: Name, data: Data) => Type.Object({ ...attributes(type), data });

const Epoch = Type.String({ pattern: '^[!-~]{1,64}$', description: 'letters, digits and signs of ASCII, 1 to 64' });

/** `epoch` names one life of an outbox file, `sequence` counts up in it from 1 without a hole; with the canteen they identify an event. */
const outboxEvent = <Name extends string, Data extends TSchema>(type: Name, data: Data) =>
  Type.Object({
    ...attributes(type),
    data,
    epoch: Epoch,
    sequence: Type.Integer({ minimum: 1 }),
  });

export const FactEvent = outboxEvent('cn.mingzao.fact.v1', Fact);
export const LayoutEvent = outboxEvent('cn.mingzao.layout.v1', Layout);
export const LossEvent = outboxEvent('cn.mingzao.loss.v1', Loss);
export const ReplyEvent = outboxEvent('cn.mingzao.reply.v1', Reply);

/** Whatever goes through the outbox. */
export const OutboxEvent = Type.Union([FactEvent, LayoutEvent, LossEvent, ReplyEvent]);
export type OutboxEvent = Static<typeof OutboxEvent>;
export type OutboxEventType = OutboxEvent['type'];
export type OutboxDataOf<Name extends OutboxEventType> = Extract<OutboxEvent, { type: Name }>['data'];

/** One MQTT message under `events`: as many as were waiting, at most 500. Each is validated on its own. */
export const EventBatch = Type.Array(OutboxEvent, { minItems: 1, maxItems: 500 });
export type EventBatch = Static<typeof EventBatch>;

export const StatusMessage = message('cn.mingzao.status.v1', Status);
export type StatusMessage = Static<typeof StatusMessage>;
export const HeartbeatMessage = message('cn.mingzao.heartbeat.v1', Heartbeat);
export type HeartbeatMessage = Static<typeof HeartbeatMessage>;
export const AckMessage = message('cn.mingzao.ack.v1', Ack);
export type AckMessage = Static<typeof AckMessage>;
export const StoredMessage = message('cn.mingzao.stored.v1', StoredPictures);
export type StoredMessage = Static<typeof StoredMessage>;
export const GapsMessage = message('cn.mingzao.gaps.v1', OpenGaps);
export type GapsMessage = Static<typeof GapsMessage>;
export const CommandMessage = message('cn.mingzao.command.v1', Command);
export type CommandMessage = Static<typeof CommandMessage>;

export const CertificateRequestMessage = message('cn.mingzao.certificate-request.v1', CertificateRequest);
export type CertificateRequestMessage = Static<typeof CertificateRequestMessage>;
export const CertificateMessage = message('cn.mingzao.certificate.v1', CertificateAnswer);
export type CertificateMessage = Static<typeof CertificateMessage>;

/** Puts the CloudEvents attributes round `data`. `id` must be unique for this source. */
export function envelope<Name extends string, Data>(type: Name, about: { id: string; source: string; time: string; data: Data }) {
  const { id, source, time, data } = about;
  return { specversion: '1.0' as const, id, source, type, time, datacontenttype: 'application/json' as const, data };
}
