// Times as ONVIF writes them.

/** Reads an xs:dateTime into milliseconds since 1970; without a zone it is UTC, which ONVIF asks for and some devices leave unsaid. */
export function parseInstant(text: string | undefined): number | undefined {
  const [, date, time, zone] = /^(\d{4}-\d{2}-\d{2})T(\d{2}:\d{2}:\d{2}(?:\.\d+)?)(Z|[+-]\d{2}:\d{2})?$/i.exec(text?.trim() ?? '') ?? [];
  if (date === undefined || time === undefined) return undefined;
  const [seconds, fraction = ''] = time.split('.');
  const at = Date.parse(`${date}T${seconds}.${fraction.slice(0, 3).padEnd(3, '0')}${zone?.toUpperCase() ?? 'Z'}`);
  return Number.isNaN(at) ? undefined : at;
}

/** Writes an xs:dateTime in UTC, as every device has to understand it. */
export function formatInstant(at: number): string {
  return new Date(at).toISOString();
}
