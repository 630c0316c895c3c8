// Turns the bytes of one MQTT message into validated items, each event of a batch by itself, so that one bad event spoils no other.
import type { TSchema } from 'typebox';
import { type Checked, validator } from '#config/validate.ts';
import { FactEvent, HeartbeatMessage, LayoutEvent, LossEvent, type OutboxEvent, ReplyEvent, StatusMessage } from '#contract/envelope.ts';
import type { UpMessage } from './broker.ts';
import type { Input, Position } from './compliance/state.ts';

/** `position` says which event of which outbox it was, where that much could be read: then it can be accounted for. */
export interface Malformed {
  kind: 'malformed';
  reason: string;
  payload: string;
  position?: Position;
}

const payloadKeptBytes = 4096;
const epochLengthMax = 64;

/** Never throws: whatever cannot be used comes back as `malformed` with a reason, in its place among the others. */
export function readMessage({ kind, payload }: Pick<UpMessage, 'kind' | 'payload'>): (Input | Malformed)[] {
  if (kind === 'evidence') return [malformed('pictures are not taken in by this version', '')];
  const json = parseJson(payload);
  if (!json.ok) return [malformed(json.problem, payload)];
  if (kind === 'status') return [fromChecked(safely(checkStatus, json.value), (message) => ({ kind, status: message.data }), payload)];
  if (kind === 'heartbeat')
    return [fromChecked(safely(checkHeartbeat, json.value), (message) => ({ kind, heartbeat: message.data }), payload)];
  if (!Array.isArray(json.value)) return [malformed('(top level): a message under events is an array of events', payload)];
  if (json.value.length === 0) return [malformed('(top level): the array of events is empty', payload)];
  return json.value.map((value) => readEvent(value, payload));
}

const checkStatus = validator(StatusMessage);
const checkHeartbeat = validator(HeartbeatMessage);

const checks: Record<OutboxEvent['type'], (value: unknown) => Checked<OutboxEvent>> = {
  'cn.mingzao.fact.v1': validator<TSchema>(FactEvent) as (value: unknown) => Checked<OutboxEvent>,
  'cn.mingzao.layout.v1': validator(LayoutEvent),
  'cn.mingzao.loss.v1': validator(LossEvent),
  'cn.mingzao.reply.v1': validator(ReplyEvent),
};

function readEvent(value: unknown, payload: Buffer): Input | Malformed {
  const checked = safely(checkEvent, value);
  if (checked.ok) return { kind: 'event', event: checked.value };
  const position = positionOf(value);
  return { ...malformed(checked.problem, asText(value) ?? payload), ...(position && { position }) };
}

/** The type is looked at first, so that the reason speaks of the event that was meant. */
function checkEvent(value: unknown): Checked<OutboxEvent> {
  const type = property(value, 'type');
  if (!isKnownType(type))
    return { ok: false, problem: `type: found ${JSON.stringify(type) ?? 'nothing'}, allowed: ${Object.keys(checks).join(', ')}` };
  const checked = checks[type](value);
  return checked.ok ? checkNumbers(checked.value) : checked;
}

/** JSON Schema calls 1e300 an integer, but no sequence can be counted on beyond 2^53. */
function checkNumbers(event: OutboxEvent): Checked<OutboxEvent> {
  const { from, to } = event.type === 'cn.mingzao.loss.v1' ? event.data : { from: 1, to: 1 };
  if (![event.sequence, from, to].every(Number.isSafeInteger)) return { ok: false, problem: 'a sequence is larger than 9007199254740991' };
  if (from > to) return { ok: false, problem: `data: the loss ends (${to}) before it begins (${from})` };
  return { ok: true, value: event };
}

function positionOf(value: unknown): Position | undefined {
  const epoch = property(value, 'epoch');
  const sequence = property(value, 'sequence');
  if (typeof epoch !== 'string' || epoch === '' || epoch.length > epochLengthMax) return undefined;
  if (typeof sequence !== 'number' || !Number.isSafeInteger(sequence) || sequence < 1) return undefined;
  return { epoch, sequence };
}

function isKnownType(type: unknown): type is OutboxEvent['type'] {
  return typeof type === 'string' && Object.hasOwn(checks, type);
}

function property(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? Object.getOwnPropertyDescriptor(value, key)?.value : undefined;
}

function fromChecked<Message>(checked: Checked<Message>, input: (message: Message) => Input, payload: Buffer): Input | Malformed {
  return checked.ok ? input(checked.value) : malformed(checked.problem, payload);
}

function malformed(reason: string, payload: Buffer | string): Malformed {
  return {
    kind: 'malformed',
    reason,
    payload: Buffer.from(payload.slice(0, payloadKeptBytes)).subarray(0, payloadKeptBytes).toString('utf8'),
  };
}

/** What is nested a hundred thousand levels deep can be parsed, but exhausts the stack of whoever looks at it. */
function safely<Value>(check: (value: unknown) => Checked<Value>, value: unknown): Checked<Value> {
  try {
    return check(value);
  } catch (error) {
    return { ok: false, problem: `it cannot be checked (${error instanceof Error ? error.message : error})` };
  }
}

function asText(value: unknown): string | undefined {
  try {
    return JSON.stringify(value);
  } catch {
    return undefined;
  }
}

function parseJson(payload: Buffer): Checked<unknown> {
  try {
    return { ok: true, value: JSON.parse(payload.toString('utf8')) };
  } catch {
    return { ok: false, problem: 'not JSON' };
  }
}
