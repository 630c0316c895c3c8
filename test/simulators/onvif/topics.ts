// Topic expressions: which topics a subscription or a search asked for.
import { SoapFault } from './soap.ts';
import { child, descendants, type Element } from './xml.ts';

export const concreteDialect = 'http://docs.oasis-open.org/wsn/t-1/TopicExpression/Concrete';
export const concreteSetDialect = 'http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet';

/**
 * Makes a filter of an element that may hold TopicExpression children: several must all match, each may name several topics.
 * Prefixes are not compared, since a client may give the topic namespace any. Throws a SOAP fault on what this device cannot filter by.
 */
export function topicFilter(filter: Element | undefined): (topic: string) => boolean {
  if (child(filter, 'MessageContent') !== undefined) throw invalidFilter('This device does not filter by message content.');
  const expressions = filter === undefined ? [] : descendants(filter, 'TopicExpression');
  for (const expression of expressions) {
    const dialect = expression.attributes.get('Dialect');
    if (dialect !== concreteDialect && dialect !== concreteSetDialect)
      throw invalidFilter(`This device does not know the topic dialect ${dialect}.`);
  }
  return (topic) => expressions.every(({ text }) => text.split('|').some((path) => matches(path.trim(), topic)));
}

function matches(path: string, topic: string): boolean {
  const asked = withoutPrefix(path);
  if (!asked.endsWith('//.')) return asked === withoutPrefix(topic);
  const root = asked.slice(0, -'//.'.length);
  return withoutPrefix(topic) === root || withoutPrefix(topic).startsWith(`${root}/`);
}

function withoutPrefix(path: string): string {
  return path.replace(/^\w+:/, '');
}

function invalidFilter(reason: string): SoapFault {
  return new SoapFault('Sender', ['InvalidArgVal', 'InvalidFilterFault'], reason);
}
