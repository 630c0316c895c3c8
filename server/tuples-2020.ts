// Says tuples in the way of JSON Schema 2020-12, which OpenAPI 3.1 is written in; our schemas say them in the way of draft 7.

/** A copy in which no `items` is a list. */
export function tuples2020<Value>(value: Value): Value;
export function tuples2020(value: unknown): unknown {
  if (Array.isArray(value)) return value.map((item) => tuples2020(item));
  if (typeof value !== 'object' || value === null) return value;
  const { items, additionalItems, ...rest } = Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, tuples2020(inner)]));
  if (Array.isArray(items)) return { ...rest, prefixItems: items, items: additionalItems ?? true };
  return items === undefined ? rest : { ...rest, items };
}
