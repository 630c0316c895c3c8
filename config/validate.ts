// Checks a value against a schema and says in plain sentences what is wrong with it: where, what was found, what is allowed.
import { Ajv, type ErrorObject } from 'ajv';
import ajvFormats from 'ajv-formats';
import type { Static, TSchema } from 'typebox';

// strictTypes off: TypeBox writes enums without a type.
const ajv = new Ajv({ allErrors: false, strict: true, strictTypes: false, useDefaults: true, verbose: true });
ajvFormats.default(ajv);

export type Checked<T> = { ok: true; value: T } | { ok: false; problem: string };

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
  return describe(furthest(errors as ErrorObject[]));
}

/** In a union every branch complains: those not meant over the constant that names them, the one that was meant over something else, and deepest. */
function furthest(errors: ErrorObject[]): ErrorObject | undefined {
  const depth = (error: ErrorObject) => error.instancePath.split('/').length;
  const deepestFirst = errors.filter((error) => error.keyword !== 'anyOf').toSorted((a, b) => depth(b) - depth(a));
  return deepestFirst.find((error) => error.keyword !== 'const') ?? deepestFirst[0];
}

function describe(error: ErrorObject | undefined): string {
  if (error === undefined) return 'the value is not valid';
  const where = error.instancePath.slice(1).replaceAll('/', '.') || '(top level)';
  if (error.keyword === 'additionalProperties')
    return `${where}: unknown key "${error.params.additionalProperty}"; allowed: ${keysOf(error.parentSchema).join(', ')}`;
  if (error.keyword === 'required') return `${where}: the key "${error.params.missingProperty}" is missing`;
  return `${where}: found ${found(error.data)}, ${allowed(error)}`;
}

function allowed(error: ErrorObject): string {
  if (error.keyword === 'enum') return `allowed: ${(error.params.allowedValues as unknown[]).join(', ')}`;
  if (error.keyword === 'const') return `allowed: ${JSON.stringify(error.params.allowedValue)}`;
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
