import specification from '@asyncapi/specs/schemas/3.0.0.json' with { type: 'json' };
import { Ajv } from 'ajv';
import ajvFormats from 'ajv-formats';
import { expect, it } from 'vitest';
import { asyncApiDocument } from '#contract/asyncapi.ts';
import { factEvent, gapsMessage } from './messages.ts';

interface Document {
  channels: Record<string, { address: string; messages: Record<string, { payload: { schema: object } }> }>;
}

const document = asyncApiDocument('0.1.0') as Document;
// The specification brings its own copy of draft-07, so this one must not have it already.
const isAsyncApi = new Ajv({ strict: false, allErrors: true, meta: false, validateSchema: false, validateFormats: false }).compile(
  specification,
);
const ajv = new Ajv({ strict: false, allErrors: true });
ajvFormats.default(ajv);

it('the generated document is AsyncAPI 3', () => {
  expect(isAsyncApi(document), JSON.stringify(isAsyncApi.errors)).toBe(true);
});

it('a planted fault in the document is found', () => {
  const broken = { ...document, channels: { status: { address: 7 } } };
  expect(isAsyncApi(broken)).toBe(false);
});

it('names every topic of the contract with the canteen as its parameter', () => {
  expect(Object.values(document.channels).map((channel) => channel.address)).toEqual([
    'mz/v1/{canteen}/status',
    'mz/v1/{canteen}/heartbeat',
    'mz/v1/{canteen}/events',
    'mz/v1/{canteen}/evidence/{sha256}',
    'mz/v1/{canteen}/certificate-request',
    'mz/v1/{canteen}/ack',
    'mz/v1/{canteen}/stored',
    'mz/v1/{canteen}/gaps',
    'mz/v1/{canteen}/commands',
    'mz/v1/{canteen}/certificate',
  ]);
});

it('the schemas inside it take golden messages and refuse others', () => {
  const schemaOf = (kind: string) => document.channels[kind]?.messages[kind]?.payload.schema ?? {};
  expect(ajv.validate(schemaOf('events'), [factEvent]), ajv.errorsText()).toBe(true);
  expect(ajv.validate(schemaOf('gaps'), gapsMessage), ajv.errorsText()).toBe(true);
  expect(ajv.validate(schemaOf('events'), [gapsMessage])).toBe(false);
});
