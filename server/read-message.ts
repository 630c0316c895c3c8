// Turns the bytes of one MQTT message into validated items, each event of a batch by itself, so that one bad event spoils no other.
import { createHash } from 'node:crypto';
import type { TSchema } from 'typebox';
import { type Checked, validator } from '#config/validate.ts';
import { FactEvent, HeartbeatMessage, LayoutEvent, LossEvent, type OutboxEvent, ReplyEvent, StatusMessage } from '#contract/envelope.ts';
import { pictureBytesMax } from '#contract/evidence.ts';
import type { Loss } from '#contract/gateway-health.ts';
import type { Layout } from '#contract/layout.ts';
import { parseTopic, type UpTopic } from '#contract/topics.ts';
import type { UpMessage } from './broker.ts';
import type { Input, Position } from './compliance/state.ts';

/** Any message but a picture. */
export type Telling = UpMessage & { kind: Exclude<UpTopic, 'evidence'> };

/** `position` says which event of which outbox it was, where that much could be read: then it can be accounted for. */
export interface Malformed {
  kind: 'malformed';
  reason: string;
  payload: string;
  position?: Position;
}

/** A picture whose bytes are what its topic says. */
export interface Picture {
  kind: 'picture';
  sha256: string;
  bytes: Buffer;
}

const payloadKeptBytes = 4096;
const jpegBeginning = Buffer.from([0xff, 0xd8, 0xff]);

/** What a gateway tells; its pictures are read apart. Never throws: whatever cannot be used comes back as `malformed` with a reason, in its place among the others. */
export function readMessage({ kind, payload }: Pick<Telling, 'kind' | 'payload'>): (Input | Malformed)[] {
  const json = parseJson(payload);
  if (!json.ok) return [malformed(json.problem, payload)];
  if (kind === 'status')
    return [fromChecked(safely(checkStatus, json.value), (message) => ({ kind, status: message.data, at: message.time }), payload)];
  if (kind === 'heartbeat')
    return [fromChecked(safely(checkHeartbeat, json.value), (message) => ({ kind, heartbeat: message.data }), payload)];
  if (!Array.isArray(json.value)) return [malformed('(top level): a message under events is an array of events', payload)];
  if (json.value.length === 0) return [malformed('(top level): the array of events is empty', payload)];
  return json.value.map((value) => readEvent(value, payload));
}

/** None of a picture's bytes are kept where it is refused: they would not be text. */
export function readPicture({ topic, payload: bytes }: Pick<UpMessage, 'topic' | 'payload'>): Picture | Malformed {
  if (bytes.length > pictureBytesMax) return malformed(`a picture of ${bytes.length} bytes; allowed: ${pictureBytesMax}`, '');
  if (!bytes.subarray(0, jpegBeginning.length).equals(jpegBeginning)) return malformed('not a JPEG', '');
  const sha256 = createHash('sha256').update(bytes).digest('hex');
  if (parseTopic(topic)?.sha256 !== sha256) return malformed(`the SHA-256 of the picture is ${sha256}, not what its topic says`, '');
  return { kind: 'picture', sha256, bytes };
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
  const problem = checked.ok ? problemIn(checked.value) : undefined;
  return problem === undefined ? checked : { ok: false, problem };
}

/** What a schema cannot say. */
function problemIn(event: OutboxEvent): string | undefined {
  // JSON Schema calls 1e300 an integer, but no sequence can be counted on beyond 2^53.
  if (!Number.isSafeInteger(event.sequence)) return 'sequence: it is larger than 9007199254740991';
  if (event.type === 'cn.mingzao.loss.v1') return problemInLoss(event.sequence, event.data);
  return event.type === 'cn.mingzao.layout.v1' ? problemInLayout(event.data) : undefined;
}

/** A loss that reached into what is yet to come would have all of that acknowledged and passed over as known. */
function problemInLoss(sequence: number, { from, to }: Loss): string | undefined {
  if (from > to) return `data: the loss ends (${to}) before it begins (${from})`;
  return to < sequence ? undefined : `data: the loss ends at ${to}, but what tells of it is itself the event ${sequence}`;
}

/** Facts, gaps and zones are told apart by these ids: two of one id would answer for each other. */
function problemInLayout({ zones, cameras, recorders }: Layout): string | undefined {
  const [device] = repeated([...cameras, ...recorders]);
  if (device !== undefined) return `data: two devices have the id "${device}"; each needs its own`;
  const [zone] = repeated(zones);
  return zone === undefined ? undefined : `data.zones: two zones have the id "${zone}"; each needs its own`;
}

function repeated(named: { id: string }[]): string[] {
  return named.map(({ id }) => id).filter((id, index, ids) => ids.indexOf(id) !== index);
}

function positionOf(value: unknown): Position | undefined {
  const epoch = property(value, 'epoch');
  const sequence = property(value, 'sequence');
  if (typeof epoch !== 'string' || !/^[!-~]{1,64}$/.test(epoch)) return undefined;
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
