// Checks a value against a schema and says in plain sentences what is wrong with it: where, what was found, what is allowed.
import { Ajv, type ErrorObject } from 'ajv';
import ajvFormats from 'ajv-formats';
import type { Static, TSchema } from 'typebox';

// strictTypes off: TypeBox writes enums without a type.
const ajv = new Ajv({ allErrors: false, strict: true, strictTypes: false, useDefaults: true, verbose: true });
ajvFormats.default(ajv);
// The library takes a text apart by four expressions, which was half of what the check of a fact cost. Only UTC is ever allowed: `Instant` has the form.
ajv.addFormat('date-time', { type: 'string', validate: isInstant });

export type Checked<T> = { ok: true; value: T } | { ok: false; problem: string };

/** JavaScript reads 30 February as 2 March, and 24:00 as the next day: then day or hour are not those that were read. */
function isInstant(text: string): boolean {
  const at = new Date(text);
  return at.getUTCDate() === Number(text.slice(8, 10)) && at.getUTCHours() === Number(text.slice(11, 13));
}

/** Compiles `schema` once. The returned function fills in the schema's defaults in place, and never throws. */
export function validator<Schema extends TSchema>(schema: Schema): (value: unknown) => Checked<Static<Schema>> {
  const validate = ajv.compile<Static<Schema>>(schema);
  return (value) => {
    if (validate(value)) return { ok: true, value };
    return { ok: false, problem: problemIn(validate.errors ?? []) };
  };
}

/** One sentence for what an Ajv of another library found; it must be set to `verbose`, as ours is. */
export function problemIn(errors: readonly object[]): string {
  const deepestFirst = (errors as ErrorObject[]).filter((error) => error.keyword !== 'anyOf').toSorted((a, b) => depth(b) - depth(a));
  // In a union every branch complains: those not meant over the constant that names them, the one that was meant over something else.
  const names = deepestFirst.flatMap(misnamed);
  const meant = deepestFirst.find((error) => misnamed(error).length === 0);
  const [name] = names;
  if (meant !== undefined || name === undefined) return describe(meant);
  return `${placeOf(name.at)}: found ${found(name.data)}, allowed: ${[...new Set(names.map(({ allowed }) => JSON.stringify(allowed)))].join(', ')}`;
}

const depth = (error: ErrorObject) => error.instancePath.split('/').length;

/** The constants an object would need to be what this branch of a union describes, and has not. */
function misnamed({ keyword, instancePath, params, data, parentSchema }: ErrorObject): { at: string; data: unknown; allowed: unknown }[] {
  if (keyword === 'const') return [{ at: instancePath, data, allowed: params.allowedValue }];
  const properties: Record<string, { const?: unknown }> = parentSchema?.properties ?? {};
  return Object.entries(properties).flatMap(([key, property]) => {
    const value: unknown = typeof data === 'object' && data !== null ? Object.getOwnPropertyDescriptor(data, key)?.value : undefined;
    const differs = property.const !== undefined && value !== undefined && value !== property.const;
    return differs ? [{ at: `${instancePath}/${key}`, data: value, allowed: property.const }] : [];
  });
}

function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return 'the value is not valid';
  const where = placeOf(error.instancePath);
  if (error.keyword === 'additionalProperties')
    return `${where}: unknown key "${error.params.additionalProperty}"; allowed: ${keysOf(error.parentSchema).join(', ')}`;
  if (error.keyword === 'required') return `${where}: the key "${error.params.missingProperty}" is missing`;
  return `${where}: found ${found(error.data)}, ${allowed(error)}`;
}

function placeOf(instancePath: string): string {
  return instancePath.slice(1).replaceAll('/', '.') || '(top level)';
}

function allowed(error: ErrorObject): string {
  if (error.keyword === 'enum') return `allowed: ${(error.params.allowedValues as unknown[]).join(', ')}`;
  const hint: unknown = (error.parentSchema as { description?: unknown } | undefined)?.description;
  return `it ${error.message ?? 'is not allowed'}${typeof hint === 'string' ? ` (${hint})` : ''}`;
}

function keysOf(schema: unknown): string[] {
  const properties = (schema as { properties?: object } | undefined)?.properties;
  return Object.keys(properties ?? {});
}

function found(value: unknown): string {
  const text = JSON.stringify(value) ?? 'nothing';
  return text.length > 60 ? `${text.slice(0, 57)}…` : text;
}
