// Writes XML that is escaped by default, so that no name or password can become an element.

/** XML that is already escaped. */
export interface Markup {
  readonly xml: string;
}

type Value = string | number | boolean | Markup | readonly Markup[] | undefined;

/** A tagged template: what is put in is escaped, unless it is Markup itself; undefined leaves nothing. */
export function xml(strings: TemplateStringsArray, ...values: Value[]): Markup {
  return { xml: strings.reduce((text, part, index) => text + write(values[index - 1]) + part) };
}

function write(value: Value): string {
  if (value === undefined) return '';
  if (typeof value === 'object') return 'xml' in value ? value.xml : value.map((each) => each.xml).join('');
  return escapeXml(String(value));
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&apos;' };

function escapeXml(text: string): string {
  // Control characters and lone surrogates have no place in XML 1.0, escaped or not.
  return text
    .toWellFormed()
    .replace(/[^\t\n\r\u0020-\ufffd\u{10000}-\u{10ffff}]/gu, '')
    .replace(/[&<>"']/g, (character) => entities[character] ?? '');
}
