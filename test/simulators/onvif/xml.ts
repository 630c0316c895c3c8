// Writing XML by template, everything put in being escaped, and reading it into elements whose namespaces are resolved.
import { XMLParser, XMLValidator } from 'fast-xml-parser';

/** A piece of XML that is already written. Made by `xml` only, so that nothing unescaped gets in. */
export interface Xml {
  readonly markup: string;
}
type Part = string | number | boolean | undefined | Xml | readonly Xml[];

/** A template tag: text and numbers are escaped, XML goes in as it is, a list is joined, `undefined` is nothing. */
export function xml(strings: TemplateStringsArray, ...parts: Part[]): Xml {
  return { markup: strings.reduce((text, string, index) => text + write(parts[index - 1]) + string) };
}

/** A name to write as a tag, where one piece of XML goes under several names. */
export function tagName(name: string): Xml {
  return { markup: name };
}

function write(part: Part): string {
  if (part === undefined) return '';
  if (typeof part !== 'object') return escapeXml(String(part));
  return 'markup' in part ? part.markup : part.map((one) => one.markup).join('');
}

function escapeXml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&${entities[character]};`);
}

/** By name: not every client reads them by number. */
const entities: Record<string, string> = { '&': 'amp', '<': 'lt', '>': 'gt', '"': 'quot', "'": 'apos' };

export interface Element {
  name: string;
  namespace: string;
  attributes: ReadonlyMap<string, string>;
  children: readonly Element[];
  /** The element's own text, trimmed. */
  text: string;
}

/** The first child of that name. */
export function child(element: Element | undefined, name: string): Element | undefined {
  return element?.children.find((one) => one.name === name);
}

/** The text at the end of a path of names; undefined where the path leads nowhere. */
export function textAt(element: Element | undefined, ...path: string[]): string | undefined {
  return path.reduce(child, element)?.text;
}

/** Every element below `element`, at any depth, of that name. */
export function descendants(element: Element, name: string): Element[] {
  return element.children.flatMap((one) => [...(one.name === name ? [one] : []), ...descendants(one, name)]);
}

const parser = new XMLParser({
  preserveOrder: true,
  ignoreAttributes: false,
  attributeNamePrefix: '',
  parseTagValue: false,
  parseAttributeValue: false,
  ignoreDeclaration: true,
  ignorePiTags: true,
  // Without it entities by number stay as they are.
  htmlEntities: true,
});

/** Reads a document; undefined where it is not well-formed. */
export function parseXml(text: string): Element | undefined {
  if (XMLValidator.validate(text) !== true) return undefined;
  try {
    const [root] = elementsOf(parser.parse(text), new Map([['xml', 'http://www.w3.org/XML/1998/namespace']]));
    return root;
  } catch {
    return undefined;
  }
}

/** The parser gives each node as `{ [qualifiedName]: children, ':@': attributes }`. */
type Node = Record<string, unknown>;

function elementsOf(nodes: unknown, scope: ReadonlyMap<string, string>): Element[] {
  return listOf(nodes)
    .filter((node) => !('#text' in node))
    .map((node) => elementOf(node, scope));
}

function elementOf(node: Node, outer: ReadonlyMap<string, string>): Element {
  const qualified = Object.keys(node).find((key) => key !== ':@') ?? '';
  const attributes = new Map(Object.entries(isNode(node[':@']) ? node[':@'] : {}).map(([name, value]) => [name, String(value)]));
  const scope = new Map(outer);
  for (const [name, value] of attributes) {
    if (name === 'xmlns') scope.set('', value);
    if (name.startsWith('xmlns:')) scope.set(name.slice('xmlns:'.length), value);
  }
  const [prefix, name] = qualified.includes(':') ? qualified.split(':', 2) : ['', qualified];
  return {
    name: name ?? '',
    namespace: scope.get(prefix ?? '') ?? '',
    attributes,
    children: elementsOf(node[qualified], scope),
    text: listOf(node[qualified])
      .map((one) => String(one['#text'] ?? ''))
      .join('')
      .trim(),
  };
}

function listOf(nodes: unknown): Node[] {
  return Array.isArray(nodes) ? nodes.filter(isNode) : [];
}

function isNode(value: unknown): value is Node {
  return typeof value === 'object' && value !== null;
}
