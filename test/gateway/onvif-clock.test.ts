import { describe, expect, test } from 'vitest';
import { compareClocks } from '../../gateway/onvif/clock.ts';
import { formatInstant, parseInstant } from '../../gateway/onvif/instant.ts';
import { child, parseXml } from '../../gateway/onvif/xml-node.ts';
import { clockAnswer, dateTime } from './onvif-raw-device.ts';

const noon = Date.UTC(2026, 10, 23, 12, 0, 0);

function compare(text: string, sent = { at: noon, roundTripMs: 0 }) {
  const response = child(parseXml(text), 'Body', 'GetSystemDateAndTimeResponse');
  if (response === undefined) throw new Error('the test’s own answer is wrong');
  return compareClocks(response, sent).clock;
}

describe('a device’s clock', () => {
  test('is compared at the middle of the round trip, and known no better than that and its whole seconds', () => {
    expect(compare(clockAnswer(noon + 120_000), { at: noon, roundTripMs: 400 })).toEqual({ offsetSeconds: 120.3, uncertaintySeconds: 0.7 });
  });

  test.each([
    ['both times', dateTime('LocalDateTime', noon + 8 * 3_600_000), 480],
    ['a POSIX zone', '<tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>', 480],
    ['a POSIX zone with seconds', '<tt:TimeZone><tt:TZ>CST-8:00:00</tt:TZ></tt:TimeZone>', 480],
    ['a POSIX zone west of Greenwich', '<tt:TimeZone><tt:TZ>EST5EDT,M3.2.0,M11.1.0</tt:TZ></tt:TimeZone>', -300],
    ['summer time', '<tt:DaylightSavings>true</tt:DaylightSavings><tt:TimeZone><tt:TZ>EST5EDT,M3.2.0,M11.1.0</tt:TZ></tt:TimeZone>', -240],
    ['the everyday way of writing', '<tt:TimeZone><tt:TZ>GMT+08:00</tt:TZ></tt:TimeZone>', 480],
    ['a name', '<tt:TimeZone><tt:TZ>Asia/Shanghai</tt:TZ></tt:TimeZone>', 480],
    ['half an hour', '<tt:TimeZone><tt:TZ>IST-5:30</tt:TZ></tt:TimeZone>', 330],
    ['nonsense', '<tt:TimeZone><tt:TZ>???</tt:TZ></tt:TimeZone>', undefined],
    ['nothing', '', undefined],
  ])('tells its time zone by %s', (_, more, expected) => {
    expect(compare(clockAnswer(noon, more)).utcOffsetMinutes).toBe(expected);
  });

  test('without UTC is worked out from local time and zone', () => {
    const local = clockAnswer(noon).replace(
      /<tt:UTCDateTime>.*<\/tt:UTCDateTime>/,
      `${dateTime('LocalDateTime', noon + 8 * 3_600_000)}<tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>`,
    );
    expect(compare(local)).toEqual({ offsetSeconds: 0.5, uncertaintySeconds: 0.5, utcOffsetMinutes: 480 });
  });

  test.each([
    ['no time', clockAnswer(noon).replace(/<tt:UTCDateTime>.*<\/tt:UTCDateTime>/, '')],
    ['an impossible month', clockAnswer(noon).replace('<tt:Month>11<', '<tt:Month>13<')],
    ['words for numbers', clockAnswer(noon).replace('<tt:Year>2026<', '<tt:Year>soon<')],
  ])('with %s is malformed', (_, text) => {
    expect(() => compare(text)).toThrow('malformed');
  });
});

test.each([
  ['2026-11-23T12:00:00Z', noon],
  ['2026-11-23T12:00:00.250Z', noon + 250],
  ['2026-11-23T12:00:00.250123Z', noon + 250],
  ['2026-11-23T20:00:00+08:00', noon],
  ['2026-11-23T12:00:00', noon],
  ['2026-11-23', undefined],
  ['soon', undefined],
  [undefined, undefined],
])('the instant %j is read', (text, expected) => {
  expect(parseInstant(text)).toBe(expected);
});

test('an instant is written as it is read', () => {
  expect(parseInstant(formatInstant(noon + 7))).toBe(noon + 7);
});
