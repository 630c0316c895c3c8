// Hostile answers to what is asked over HTTP, and what ffmpeg prints of hostile streams: none makes a reader hang, or throw anything but a fault of the device.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { readProbeMatches } from '../../gateway/onvif/probe-matches.ts';
import { parseXml } from '../../gateway/onvif/xml-node.ts';
import { measurePackets } from '../../gateway/probes/packets.ts';
import { readFiles, readTitles } from '../../gateway/recorders/dahua-cgi.ts';
import { readChannelNames, readSearchPage, readTracks } from '../../gateway/recorders/hikvision-isapi.ts';
import { readTimeLabel } from '../../gateway/recorders/time-label.ts';
import { readChannelInfos, readRecords } from '../../gateway/recorders/uniview-lapi.ts';
import { damaged, endless, jumbled, mayOnlyBlameTheDevice } from './hostile.ts';

const china = 480;

const match = `<searchMatchItem><trackID>101</trackID><timeSpan><startTime>2026-11-22T08:00:00Z</startTime>
  <endTime>2026-11-22T08:30:00Z</endTime></timeSpan><mediaSegmentDescriptor><contentType>video</contentType></mediaSegmentDescriptor></searchMatchItem>`;
const searchResult = `<?xml version="1.0" encoding="UTF-8"?>\n<CMSearchResult version="1.0" xmlns="http://www.hikvision.com/ver20/XMLSchema">
  <responseStatus>true</responseStatus><responseStatusStrg>OK</responseStatusStrg><numOfMatches>2</numOfMatches>
  <matchList>${match}${match}</matchList></CMSearchResult>`;
const trackList = '<TrackList><Track><id>101</id></Track><Track><id>103</id></Track></TrackList>';
const channelNames = '<InputProxyChannelList><InputProxyChannel><id>1</id><name>灶台</name></InputProxyChannel></InputProxyChannelList>';
const dahuaFiles = [
  'found=1',
  ...['Channel=0', 'StartTime=2026-11-22 08:00:00', 'EndTime=2026-11-22 08:30:00'].map((line) => `items[0].${line}`),
].join('\r\n');
const records = '{"Response":{"ResponseCode":0,"Data":{"Nums":1,"RecordInfos":[{"Begin":1795300000,"End":1795301800}]}}}';
const infos = '{"Response":{"ResponseCode":0,"Data":{"Nums":1,"DetailInfos":[{"ID":1,"Name":"灶台"}]}}}';

const probeMatches = `<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body><ProbeMatches><ProbeMatch>
  <EndpointReference><Address>urn:uuid:1</Address></EndpointReference><Scopes>onvif://www.onvif.org/name/A_B</Scopes>
  <XAddrs>http://192.168.1.22/onvif/device_service</XAddrs></ProbeMatch></ProbeMatches></s:Body></s:Envelope>`;

const ofXml = [
  '<',
  '>',
  '</',
  '/>',
  '<a>',
  '</a>',
  '<!--',
  '-->',
  '<![CDATA[',
  ']]>',
  '&',
  '&#0;',
  '&#x10ffff;',
  '"',
  '=',
  ' ',
  '\n',
  '\0',
];
const ofTables = ['=', '[', ']', '.', ' ', '\t', '\r\n', '\n', 'items[0].', 'found=', 'table.ChannelTitle[', '\0'];
const ofJson = ['{', '}', '[', ']', '"', ',', ':', '\\', '\\u', '0', '1e999', '-', 'null', '"__proto__"', '\0'];

/** Each reader, an answer it can read, and the pieces such answers are made of. */
const readers: [name: string, read: (text: string) => unknown, real: string, pieces: string[]][] = [
  ['the XML of a device', parseXml, searchResult, ofXml],
  ['a search of Hikvision’s', (text) => readSearchPage(text, '101', china), searchResult, ofXml],
  ['tracks of Hikvision’s', readTracks, trackList, ofXml],
  ['channels of Hikvision’s', readChannelNames, channelNames, ofXml],
  ['files of Dahua’s', (text) => readFiles(text, { channel: '1', utcOffsetMinutes: china }), dahuaFiles, ofTables],
  ['titles of Dahua’s', readTitles, 'table.ChannelTitle[0].Name=灶台\r\n', ofTables],
  ['records of Uniview’s', readRecords, records, ofJson],
  ['channels of Uniview’s', readChannelInfos, infos, ofJson],
  ['an answer to discovery', readProbeMatches, probeMatches, ofXml],
  [
    'a time label',
    (text) => readTimeLabel(text, china),
    '2026-11-22T08:00:00.000+08:00',
    ['-', ':', 'T', 'Z', '+', '.', ' ', '0', '9', '\0'],
  ],
];

describe.each(readers)('%s', (_, read, real, pieces) => {
  test('can be read as it is', () => {
    expect(read(real)).toBeDefined();
  });

  test('may be damaged or made up in any way', () => {
    fc.assert(
      fc.property(fc.oneof(damaged(real, pieces), jumbled(pieces)), (bytes) => {
        mayOnlyBlameTheDevice(() => read(bytes.toString('utf8')));
      }),
      { numRuns: 500 },
    );
  });

  test('may be endless', () => {
    const within = real.slice(0, Math.floor(real.length / 2));
    for (const bytes of [...endless(pieces), ...endless(pieces, within)]) mayOnlyBlameTheDevice(() => read(bytes.toString('utf8')));
  });
});

test('a time label is read as an instant or not at all, whatever stands in its places', () => {
  const part = fc.nat(99).map((number) => String(number).padStart(2, '0'));
  const label = fc
    .tuple(fc.nat(9999), part, part, part, part, part, fc.constantFrom('', 'Z', '+08:00', '-99:99', '+0800'))
    .map(([year, month, day, hour, minute, second, zone]) => `${year}-${month}-${day} ${hour}:${minute}:${second}${zone}`);
  fc.assert(
    fc.property(label, (text) => {
      const read = readTimeLabel(text, china);
      if (read !== undefined) expect(Number.isSafeInteger(read.at)).toBe(true);
    }),
    { numRuns: 2000 },
  );
});

describe('what ffmpeg prints of packets', () => {
  const asked = { askedSeconds: 5, watchedSeconds: 6 };
  const head = '#tb 0: 1/90000\n#codec_id 0: h264\n';
  const field = fc.oneof(
    fc.constantFrom('0', '1e400', '-1', '', 'F=0x0', 'F=0x', '90000', 'NOPTS'),
    fc.double().map(String),
    fc.string({ maxLength: 8 }),
  );
  const line = fc.oneof(
    fc.array(field, { maxLength: 9 }).map((fields) => fields.join(', ')),
    fc.constantFrom('#tb 0: 0/0', '#tb 0: 1', '#codec_id 0: '),
    fc.integer({ min: 0, max: 900_000 }).map((at) => `0, ${at}, ${at}, 0, 100, 0x0`),
  );
  const printed = fc.tuple(fc.constantFrom(head, ''), fc.array(line)).map(([first, lines]) => first + lines.join('\n'));

  test('gives finite figures or a fault, whatever it is', () => {
    fc.assert(
      fc.property(fc.oneof(printed, fc.string()), (text) => {
        const report = mayOnlyBlameTheDevice(() => measurePackets(text, asked));
        for (const value of Object.values(report ?? {})) if (typeof value === 'number') expect(Number.isFinite(value)).toBe(true);
      }),
      { numRuns: 2000 },
    );
  });

  test('may be of more packets than can be handed to one function', () => {
    const lines = Array.from({ length: 500_000 }, (_, index) => `0, ${index}, ${index}, 0, 100, 0x0`);
    const { sampledSeconds } = measurePackets(`#tb 0: 1/50000\n#codec_id 0: h264\n${lines.join('\n')}`, asked);
    expect(sampledSeconds).toBeCloseTo(9, 0);
  });
});
