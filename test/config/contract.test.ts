import type { TSchema } from 'typebox';
import { describe, expect, it } from 'vitest';
import { validator } from '#config/validate.ts';
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
} from '#contract/envelope.ts';
import { evidenceTopic, parseTopic, topic } from '#contract/topics.ts';
import {
  ackMessage,
  certificateMessage,
  certificateRefusedMessage,
  certificateRequestMessage,
  commandMessage,
  factEvent,
  faultEvent,
  footageEvent,
  gapsMessage,
  heartbeatMessage,
  layoutEvent,
  lossEvent,
  pictureEvent,
  playbackEvent,
  replyEvent,
  statusMessage,
  storedMessage,
  tamperEvent,
} from './messages.ts';

const golden: [string, TSchema, unknown][] = [
  [
    'events',
    EventBatch,
    [layoutEvent, lossEvent, replyEvent, factEvent, pictureEvent, footageEvent, playbackEvent, tamperEvent, faultEvent],
  ],
  ['status', StatusMessage, statusMessage],
  ['heartbeat', HeartbeatMessage, heartbeatMessage],
  ['ack', AckMessage, ackMessage],
  ['stored', StoredMessage, storedMessage],
  ['gaps', GapsMessage, gapsMessage],
  ['command', CommandMessage, commandMessage],
  ['certificate request', CertificateRequestMessage, certificateRequestMessage],
  ['certificate', CertificateMessage, certificateMessage],
  ['refusal of a certificate', CertificateMessage, certificateRefusedMessage],
];

describe('the contract', () => {
  it.each(golden)('takes the golden %s message', (_, schema, message) => {
    expect(validator(schema)(message)).toEqual({ ok: true, value: message });
  });

  it.each<[string, unknown, string]>([
    [
      'an outcome that is none',
      { ...factEvent, data: { ...factEvent.data, outcome: 'green' } },
      'data.outcome: found "green", allowed: ok, fault, unknown',
    ],
    [
      'a local time',
      { ...factEvent, data: { ...factEvent.data, observedAt: '2026-11-23T12:00:00+08:00' } },
      'data.observedAt: found "2026-11-23T12:00:00+08:00"',
    ],
    ['a key nobody agreed on', { ...factEvent, data: { ...factEvent.data, compliant: true } }, 'unknown key "compliant"'],
    ['no sequence', { ...layoutEvent, sequence: undefined }, 'the key "sequence" is missing'],
    ['a device id that is a path', { ...factEvent, data: { ...factEvent.data, device: '../kitchen' } }, 'data.device: found "../kitchen"'],
  ])('refuses %s and says where and what is allowed', (_, event, sentence) => {
    const checked = validator(EventBatch.items)(event);
    expect(checked.ok ? 'taken' : checked.problem).toContain(sentence);
  });
});

describe('topics', () => {
  const sha256 = 'a'.repeat(64);

  it('are taken apart into what they were made of', () => {
    expect(parseTopic(topic('yingze-1', 'events'))).toEqual({ canteen: 'yingze-1', kind: 'events' });
    expect(parseTopic(evidenceTopic('yingze-1', sha256))).toEqual({ canteen: 'yingze-1', kind: 'evidence', sha256 });
  });

  it.each([
    'mz/v1/yingze-1',
    'mz/v1/yingze-1/other',
    'mz/v2/yingze-1/events',
    'mz/v1/+/events',
    'mz/v1/../events',
    `mz/v1/yingze-1/events/${sha256}`,
    'mz/v1/yingze-1/evidence',
    '',
  ])('are none of ours when they read %o', (name) => {
    expect(parseTopic(name)).toBeUndefined();
  });
});
