// Reads the XML of devices: prefixes ignored, size and depth bounded, no entity of the document's own ever expanded.
import { XMLParser, XMLValidator } from 'fast-xml-parser';
import { DeviceError } from './device-error.ts';

/** One element. Names are without prefix: devices choose their own, and some choose wrong ones. */
export interface XmlNode {
  readonly name: string;
  /** Only looked at where something has to be sent back as it came. Empty where it has none. */
  readonly namespace: string;
  readonly attributes: ReadonlyMap<string, string>;
  readonly children: readonly XmlNode[];
  /** The element's own text, trimmed. */
  readonly text: string;
}

const depthMax = 64;

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  processEntities: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  cdataPropName: '#cdata',
  maxNestedTags: depthMax,
});

/** Parses a whole document and gives its root. Throws DeviceError `malformed`, or `truncated` where the text ends too early; nothing else. */
export function parseXml(text: string): XmlNode {
  const mended = mend(text);
  // SOAP 1.2, 5: a message must not contain a document type declaration. It is also how entity bombs are built.
  if (/<!DOCTYPE/i.test(mended)) throw new DeviceError('malformed', 'the answer carries a document type declaration, which SOAP forbids');
  const validity = XMLValidator.validate(mended);
  if (validity !== true) throw notWellFormed(mended, validity.err.msg);
  const [root] = elements(parse(mended), new Map());
  if (root === undefined) throw new DeviceError('malformed', 'the answer holds no XML element');
  return root;
}

/** The first element reached by following `path` downwards from `node`. */
export function child(node: XmlNode | undefined, ...path: string[]): XmlNode | undefined {
  let at = node;
  for (const name of path) at = at?.children.find((each) => each.name === name);
  return at;
}

/** Every direct child of that name. */
export function children(node: XmlNode | undefined, name: string): XmlNode[] {
  return node?.children.filter((each) => each.name === name) ?? [];
}

/** The text of the element at the end of `path`; undefined where there is none or it is empty. */
export function textOf(node: XmlNode | undefined, ...path: string[]): string | undefined {
  return child(node, ...path)?.text || undefined;
}

/** A finite number at the end of `path`. */
export function numberOf(node: XmlNode | undefined, ...path: string[]): number | undefined {
  const text = textOf(node, ...path);
  return text !== undefined && Number.isFinite(Number(text)) ? Number(text) : undefined;
}

/** Blank lines before the declaration, a byte order mark, and a bare `&` in a stream's address are common in the field. */
function mend(text: string): string {
  const bare = withoutPadding(text.replace(/^\ufeff/, '').trim());
  // In marked text an ampersand is itself. Searched for step by step: one expression for it all takes for ever on text made to that end.
  let mended = '';
  let at = 0;
  for (;;) {
    const marked = bare.indexOf('<![CDATA[', at);
    const end = marked === -1 ? -1 : bare.indexOf(']]>', marked);
    if (end === -1) return mended + escapeBare(bare.slice(at));
    mended += escapeBare(bare.slice(at, marked)) + bare.slice(marked, end);
    at = end;
  }
}

/** Some devices send their whole buffer. Not by an expression: on zeros in the middle of a text it would take for ever. */
function withoutPadding(text: string): string {
  let end = text.length;
  while (text[end - 1] === '\0') end -= 1;
  return text.slice(0, end);
}

function escapeBare(text: string): string {
  return text.replace(/&(?!(?:amp|lt|gt|quot|apos|#\d{1,7}|#x[0-9a-f]{1,6});)/gi, '&amp;');
}

function notWellFormed(text: string, why: string): DeviceError {
  if (text === '') return new DeviceError('truncated', 'the answer is empty');
  if (text.startsWith('<') && !/<\/[\w.-]*:?Envelope\s*>$/.test(text) && !/<\/html\s*>$/i.test(text))
    return new DeviceError('truncated', 'the answer ends in the middle of its XML');
  return new DeviceError('malformed', `the answer is not well-formed XML: ${why}`);
}

function parse(text: string): unknown {
  try {
    return parser.parse(text);
  } catch (cause) {
    const why = cause instanceof Error ? cause.message : 'unreadable';
    throw new DeviceError('malformed', `the answer cannot be read as XML: ${why}`, { cause });
  }
}

/** The parser gives `[{ name: [children], ':@': { attributes } }, { '#text': … }]`, typed as anything: this is where it gets its type. */
function elements(parsed: unknown, outer: Namespaces): XmlNode[] {
  return entries(parsed).flatMap(({ name, content, attributes }) => {
    if (name.startsWith('#')) return [];
    const scope = within(outer, attributes);
    return [
      {
        name: withoutPrefix(name),
        namespace: scope.get(prefixOf(name)) ?? '',
        attributes: plain(attributes),
        children: elements(content, scope),
        text: ownText(content),
      },
    ];
  });
}

/** Namespaces by their prefix; the one without is under the empty string. */
type Namespaces = ReadonlyMap<string, string>;

function within(outer: Namespaces, attributes: ReadonlyMap<string, string>): Namespaces {
  const declared = [...attributes].filter(([name]) => isDeclaration(name));
  if (declared.length === 0) return outer;
  return new Map([...outer, ...declared.map(([name, uri]) => [name.slice('xmlns:'.length), uri] as const)]);
}

function plain(attributes: ReadonlyMap<string, string>): Map<string, string> {
  return new Map([...attributes].flatMap(([name, value]) => (isDeclaration(name) ? [] : [[withoutPrefix(name), value] as const])));
}

function isDeclaration(attribute: string): boolean {
  return attribute === 'xmlns' || attribute.startsWith('xmlns:');
}

function prefixOf(name: string): string {
  return name.includes(':') ? name.slice(0, name.indexOf(':')) : '';
}

function withoutPrefix(name: string): string {
  return name.slice(name.indexOf(':') + 1);
}

function ownText(content: unknown): string {
  const parts = entries(content).map(({ name, content: inner }) => {
    if (name === '#text') return unescapeXml(String(inner));
    return name === '#cdata'
      ? entries(inner)
          .map((each) => String(each.content))
          .join('')
      : '';
  });
  return parts.join('').trim();
}

function entries(parsed: unknown): { name: string; content: unknown; attributes: Map<string, string> }[] {
  if (!Array.isArray(parsed)) return [];
  return parsed.flatMap((item: unknown) => {
    if (typeof item !== 'object' || item === null) return [];
    const pairs = Object.entries(item);
    const named = pairs.find(([key]) => key !== ':@');
    if (named === undefined) return [];
    const given: unknown = pairs.find(([key]) => key === ':@')?.[1];
    return [{ name: named[0], content: named[1] as unknown, attributes: attributesOf(given) }];
  });
}

function attributesOf(given: unknown): Map<string, string> {
  if (typeof given !== 'object' || given === null) return new Map();
  return new Map(Object.entries(given).map(([name, value]) => [name, unescapeXml(String(value))]));
}

const named: Record<string, string> = { amp: '&', lt: '<', gt: '>', quot: '"', apos: "'" };

function unescapeXml(text: string): string {
  return text.replace(/&(?:(amp|lt|gt|quot|apos)|#(\d{1,7})|#x([0-9a-f]{1,6}));/gi, (whole, name, decimal, hex) => {
    if (name !== undefined) return named[String(name).toLowerCase()] ?? whole;
    const code = decimal === undefined ? Number.parseInt(hex, 16) : Number(decimal);
    return code > 0 && code <= 0x10ffff ? String.fromCodePoint(code).toWellFormed() : '';
  });
}
