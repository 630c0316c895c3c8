import { describe, expect, test } from 'vitest';
import { mendServiceAddress, mendStreamAddress, parseDeviceAddress } from '../../gateway/onvif/address.ts';
import { expandTarget } from '../../gateway/onvif/scan.ts';

test.each([
  ['192.168.1.64', 'http://192.168.1.64/onvif/device_service'],
  ['camera.lan:8000', 'http://camera.lan:8000/onvif/device_service'],
  ['https://10.0.0.2', 'https://10.0.0.2/onvif/device_service'],
  ['http://10.0.0.2/my/path?x=1', 'http://10.0.0.2/my/path?x=1'],
  ['[fd00::1]:80', 'http://[fd00::1]/onvif/device_service'],
  ['rtsp://10.0.0.2', undefined],
  ['http://user:word@10.0.0.2', undefined],
  ['', undefined],
  ['two words', undefined],
])('the address %j is read as %j', (written, expected) => {
  expect(parseDeviceAddress(written)?.href).toBe(expected);
});

describe('what a device announces about itself is mended', () => {
  const reached = new URL('http://10.0.0.5:8080/onvif/device_service');
  test.each([
    ['the same host', 'http://10.0.0.5:8080/onvif/media?x=1', 'http://10.0.0.5:8080/onvif/media?x=1'],
    ['another port of the same host', 'http://10.0.0.5:9000/onvif/media', 'http://10.0.0.5:9000/onvif/media'],
    ['the address behind a translation', 'http://192.168.1.64/onvif/media', 'http://10.0.0.5:8080/onvif/media'],
    ['an address leading nowhere', 'http://0.0.0.0:80/onvif/media', 'http://10.0.0.5:8080/onvif/media'],
    ['a link-local address first', 'http://[fe80::1]/onvif/x http://10.0.0.5:9000/onvif/media', 'http://10.0.0.5:9000/onvif/media'],
    ['a path that looks like a host', 'http://192.168.1.64//evil.example/x', 'http://10.0.0.5:8080//evil.example/x'],
    ['a user name', 'http://a:b@10.0.0.5:8080/x', 'http://10.0.0.5:8080/x'],
    ['no address', 'nonsense', undefined],
    ['another scheme', 'file:///etc/passwd', undefined],
  ])('%s', (_, announced, expected) => {
    expect(mendServiceAddress(announced, reached)?.href).toBe(expected);
  });

  test('a device reached over TLS cannot talk us out of it', () => {
    expect(mendServiceAddress('http://10.0.0.5/onvif/media', new URL('https://10.0.0.5/'))?.href).toBe('https://10.0.0.5/onvif/media');
  });

  test.each([
    ['rtsp://192.168.1.64:554//cam/realmonitor?channel=1&subtype=0', 'rtsp://10.0.0.5:554//cam/realmonitor?channel=1&subtype=0'],
    ['rtsp://user:word@10.0.0.5/live', 'rtsp://10.0.0.5/live'],
    ['http://10.0.0.5/live', undefined],
    ['', undefined],
  ])('the stream %j becomes %j', (announced, expected) => {
    expect(mendStreamAddress(announced, reached)?.href).toBe(expected);
  });
});

describe('what to scan', () => {
  test('a network is every host of it, at the usual ports', () => {
    const addresses = expandTarget('192.168.1.4/30');
    expect(addresses).toContain('http://192.168.1.5/onvif/device_service');
    expect(addresses).toContain('http://192.168.1.6:8000/onvif/device_service');
    expect(addresses).toHaveLength(2 * 5);
  });
  test('an address with a port is asked there only', () => {
    expect(expandTarget('127.0.0.1:8899')).toEqual(['http://127.0.0.1:8899/onvif/device_service']);
  });
  test.each(['10.0.0.0/8', '10.0.0.256/24', '10.0/24', 'http://a:b@c', ''])('%j is refused in a sentence', (target) => {
    expect(() => expandTarget(target)).toThrow(/cannot be scanned; allowed/);
  });
});
