import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { DeviceError } from '../../gateway/onvif/device-error.ts';
import { xml } from '../../gateway/onvif/markup.ts';
import { readReply } from '../../gateway/onvif/soap.ts';
import { child, children, parseXml, textOf } from '../../gateway/onvif/xml-node.ts';

describe('reading', () => {
  test('prefixes do not matter, attributes and repeated elements are kept', () => {
    const root = parseXml('<a:R xmlns:a="x"><b:P token="1"><Name>one</Name></b:P><P token="2"/></a:R>');
    expect(children(root, 'P').map((each) => each.attributes.get('token'))).toEqual(['1', '2']);
    expect(textOf(root, 'P', 'Name')).toBe('one');
    expect(child(root, 'P', 'Nothing', 'Deeper')).toBeUndefined();
  });

  test.each([
    ['blank lines before the declaration', '\r\n\n<?xml version="1.0"?><R><U>a</U></R>', 'a'],
    ['a byte order mark', '\ufeff<R><U>a</U></R>', 'a'],
    ['a bare ampersand in an address', '<R><U>rtsp://h/c?a=1&b=2</U></R>', 'rtsp://h/c?a=1&b=2'],
    ['an escaped ampersand', '<R><U>a&amp;b &lt;c&gt; &#20013;&#x6587;</U></R>', 'a&b <c> 中文'],
    ['marked text', '<R><U><![CDATA[a&amp;b]]></U></R>', 'a&amp;b'],
    ['an address in marked text', '<R><U><![CDATA[rtsp://h/c?a=1&b=2]]>&c</U></R>', 'rtsp://h/c?a=1&b=2&c'],
    ['text that looks like a number', '<R><U>007</U></R>', '007'],
    ['a closing zero byte', '<R><U>a</U></R>\0', 'a'],
  ])('%s is read', (_, text, expected) => {
    expect(textOf(parseXml(text), 'U')).toBe(expected);
  });

  test.each([
    ['an entity bomb', '<!DOCTYPE a [<!ENTITY x "yyyyyyyy">]><a>&x;</a>', 'malformed'],
    ['no XML at all', 'hello', 'malformed'],
    ['nothing', '', 'truncated'],
    ['elements nested without end', '<a>'.repeat(5000) + '</a>'.repeat(5000), 'malformed'],
    ['a megabyte of marked text that never ends', `<R>${'<![CDATA['.repeat(110_000)}`, 'truncated'],
    ['a megabyte of opening brackets', '<'.repeat(1024 * 1024), 'truncated'],
  ])('%s is refused', (_, text, fault) => {
    expect(() => parseXml(text)).toThrow(fault);
  });

  test('names of a prototype’s parts are only names', () => {
    const outcome = (text: string) => {
      try {
        return parseXml(text).name;
      } catch (thrown) {
        return thrown instanceof DeviceError ? thrown.fault : thrown;
      }
    };
    expect(['R', 'malformed']).toContain(outcome('<R><__proto__><polluted>1</polluted></__proto__><constructor>2</constructor></R>'));
    expect(Object.hasOwn(Object.prototype, 'polluted')).toBe(false);
  });

  test('the encoding a device declares is the one it is read in', () => {
    const head = Buffer.from('<?xml version="1.0" encoding="GB2312"?><E><Body><XResponse><N>');
    const body = Buffer.concat([head, Buffer.from([0xb3, 0xf8, 0xb7, 0xbf]), Buffer.from('</N></XResponse></Body></E>')]);
    expect(textOf(readReply({ status: 200, contentType: '', body }, { service: 'device', action: 'X' }), 'N')).toBe('厨房');
  });

  const xml = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?><E><Body><XResponse><N>Küche</N></XResponse></Body></E>`;
  test.each([
    ['Latin letters of one byte', '', Buffer.from(xml('ISO-8859-1'), 'latin1')],
    ['UTF-16 with its mark', '', Buffer.from(`\ufeff${xml('utf-16')}`, 'utf16le')],
    ['UTF-16 that is none', '', Buffer.from(xml('utf-16'))],
    ['an encoding nobody knows', 'text/xml; charset=klingon', Buffer.from(xml('klingon'))],
  ])('%s can be read', (_, contentType, body) => {
    expect(textOf(readReply({ status: 200, contentType, body }, { service: 'device', action: 'X' }), 'N')).toBe('Küche');
  });
});

test('whatever is put into markup comes out of a parser as it went in', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', minLength: 1 }), (value) => {
      const allowed = value
        .toWellFormed()
        .replace(/[^\t\n\r\u0020-\ufffd\u{10000}-\u{10ffff}]/gu, '')
        .trim();
      const root = parseXml(xml`<R a="${value}"><U>${value}</U></R>`.xml);
      expect(root.children.map((each) => each.name)).toEqual(['U']);
      expect(textOf(root, 'U') ?? '').toBe(allowed);
    }),
  );
});

test('no text at all makes the parser throw anything but a DeviceError', () => {
  const pieces = fc.constantFrom(
    '<a>',
    '</a>',
    '<a b="c"/>',
    '<!--',
    '-->',
    '<![CDATA[',
    ']]>',
    '&amp;',
    '&#0;',
    '<?x',
    '?>',
    'text',
    '<',
    '>',
    '"',
    '=',
    '<a:b',
    ':',
    '\0',
  );
  fc.assert(
    fc.property(
      fc.oneof(
        fc.array(pieces, { maxLength: 60 }).map((all) => all.join('')),
        fc.string(),
      ),
      (text) => {
        try {
          parseXml(text);
        } catch (thrown) {
          expect(thrown).toBeInstanceOf(DeviceError);
        }
      },
    ),
    { numRuns: 2000 },
  );
});
