// Builds the messages a gateway sends, for the tests of the server.
import { createHash } from 'node:crypto';
import {
  envelope,
  type HeartbeatMessage,
  type OutboxDataOf,
  type OutboxEvent,
  type OutboxEventType,
  type StatusMessage,
} from '#contract/envelope.ts';
import type { FactOf } from '#contract/facts.ts';
import { evidenceTopic, topic, type UpTopic } from '#contract/topics.ts';
import type { UpMessage } from '../../server/broker.ts';
import type { Telling } from '../../server/read-message.ts';

export const started = Date.parse('2026-11-23T08:00:00Z');
export const instant = (ms: number) => new Date(ms).toISOString();

export function event<Name extends OutboxEventType>(type: Name, sequence: number, data: OutboxDataOf<Name>, epoch = 'epoch-1') {
  return { ...envelope(type, { id: `${epoch}-${sequence}`, source: 'mingzao/gateway', time: instant(started), data }), epoch, sequence };
}

/** "The camera answers", seen at `at` and to be believed for two minutes. */
export function reachable(sequence: number, about: Partial<FactOf<'reachable'>> & { at?: number; epoch?: string } = {}): OutboxEvent {
  const { at = started, epoch = 'epoch-1', ...fact } = about;
  return event(
    'cn.mingzao.fact.v1',
    sequence,
    {
      schemaVersion: 1,
      check: 'reachable',
      device: 'cam-1',
      outcome: 'ok',
      observedAt: instant(at),
      validUntil: instant(at + 120_000),
      measured: { address: '127.0.0.1:80', roundTripMs: 3 },
      ...fact,
    },
    epoch,
  );
}

export function layout(sequence: number, changed: Partial<OutboxDataOf<'cn.mingzao.layout.v1'>> = {}): OutboxEvent {
  return event('cn.mingzao.layout.v1', sequence, {
    schemaVersion: 1,
    zones: [{ id: 'hall', kind: 'dining', name: '就餐区' }],
    cameras: [{ id: 'cam-1', name: '就餐区一号', zones: ['hall'] }],
    recorders: [{ id: 'nvr-1', name: '录像机', cameras: ['cam-1'] }],
    ...changed,
  });
}

export function loss(sequence: number, from: number, to: number): OutboxEvent {
  return event('cn.mingzao.loss.v1', sequence, { schemaVersion: 1, from, to, reason: 'outbox-full' });
}

export function heartbeat(at = started): HeartbeatMessage {
  const data = {
    schemaVersion: 1 as const,
    session: 's1',
    at: instant(at),
    uptimeSeconds: 1,
    memoryBytes: 1,
    outbox: { waiting: 0, dropped: 0 },
    devices: [],
  };
  return envelope('cn.mingzao.heartbeat.v1', { id: `hb-${at}`, source: 'mingzao/gateway', time: instant(at), data });
}

export function status(online: boolean): StatusMessage {
  const data = { schemaVersion: 1 as const, online, session: 's1', since: instant(started), version: '0.1.0' };
  return envelope('cn.mingzao.status.v1', { id: `st-${online}`, source: 'mingzao/gateway', time: instant(started), data });
}

export function upMessage(kind: Exclude<UpTopic, 'evidence'>, body: unknown, canteen = 'qiaodong', receivedAt = started): Telling {
  const payload = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body));
  return { canteen, kind, topic: topic(canteen, kind), payload, receivedAt };
}

/** Something that begins as a JPEG does. */
export function picture(bytes: number, filler = 7): Buffer {
  return Buffer.concat([Buffer.from([0xff, 0xd8, 0xff]), Buffer.alloc(bytes - 3, filler)]);
}

export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

export function pictureMessage(bytes: Buffer, about: { name?: string | undefined; canteen?: string } = {}): UpMessage {
  const { name = sha256(bytes), canteen = 'qiaodong' } = about;
  return { canteen, kind: 'evidence', topic: evidenceTopic(canteen, name), payload: bytes, receivedAt: started };
}
