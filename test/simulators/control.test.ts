import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createCamera, type SimulatedCamera } from './camera.ts';
import { type AnyDevice, type Control, createControl } from './control.ts';
import { prepareMedia } from './media.ts';
import { createRecorder, type SimulatedRecorder } from './recorder.ts';

let camera: SimulatedCamera;
let recorder: SimulatedRecorder;
let control: Control;

beforeEach(async () => {
  const media = await prepareMedia();
  camera = await createCamera({ media });
  recorder = await createRecorder({ media, channels: [{ name: 'one' }] });
  const devices = new Map<string, AnyDevice>([
    ['cooking-1', camera],
    ['recorder-1', recorder],
  ]);
  control = await createControl({ host: '127.0.0.1', port: 0, devices });
});
afterEach(async () => {
  await control.close();
  await camera.close();
  await recorder.close();
});

async function send(method: string, path: string, body?: string): Promise<[number, unknown]> {
  const response = await fetch(new URL(path, control.url), {
    method,
    ...(body === undefined ? {} : { body, headers: { 'content-type': 'application/json' } }),
  });
  return [response.status, await response.json()];
}

describe('the control interface of simulated devices', () => {
  it('lists what runs, and never a password', async () => {
    const [status, devices] = await send('GET', '/devices');
    expect(status).toBe(200);
    expect(devices).toEqual([
      { id: 'cooking-1', kind: 'camera', onvif: camera.onvifUrl, streams: camera.streamUrls, username: 'admin', faults: [] },
      { id: 'recorder-1', kind: 'recorder', onvif: recorder.onvifUrl, streams: recorder.streamUrls, username: 'admin', faults: [] },
    ]);
  });

  it('switches a fault on and off again', async () => {
    expect(await send('PUT', '/devices/cooking-1/faults/black')).toMatchObject([200, { faults: ['black'] }]);
    expect(camera.faults.has('black')).toBe(true);
    expect(await send('DELETE', '/devices/cooking-1/faults/black')).toMatchObject([200, { faults: [] }]);
    expect(camera.faults.has('black')).toBe(false);
  });

  it('gives a fault its size', async () => {
    await send('PUT', '/devices/recorder-1/faults/clock-ahead', '{"seconds": -40}');
    expect(recorder.faults.seconds('clock-ahead')).toBe(-40);
    await send('PUT', '/devices/recorder-1/faults/clock-ahead');
    expect(recorder.faults.seconds('clock-ahead')).toBe(120);
  });

  it('fires an event of a camera', async () => {
    expect(await send('POST', '/devices/cooking-1/events', '{"event":"motion","state":true}')).toEqual([
      200,
      { event: 'motion', state: true },
    ]);
  });

  it.each([
    [
      'an unknown device',
      'PUT',
      '/devices/nobody/faults/black',
      undefined,
      404,
      'There is no device "nobody"; there are: cooking-1, recorder-1.',
    ],
    [
      'an unknown fault',
      'PUT',
      '/devices/cooking-1/faults/tired',
      undefined,
      404,
      '"tired" is not a fault a camera can have; it can have: unplugged,',
    ],
    ['a fault of the other kind', 'PUT', '/devices/recorder-1/faults/black', undefined, 404, '"black" is not a fault a recorder can have'],
    [
      'a size that is no number',
      'PUT',
      '/devices/cooking-1/faults/clock-ahead',
      '{"seconds":"two"}',
      400,
      'seconds: found "two", it must be number',
    ],
    ['an unknown key', 'PUT', '/devices/cooking-1/faults/clock-ahead', '{"minutes":2}', 400, 'unknown key "minutes"; allowed: seconds'],
    ['an unknown event', 'POST', '/devices/cooking-1/events', '{"event":"fire","state":true}', 400, 'allowed: motion, tamper, input'],
    ['an event of a recorder', 'POST', '/devices/recorder-1/events', '{"event":"motion","state":true}', 400, 'only a camera has events'],
    ['an unknown address', 'GET', '/faults', undefined, 404, 'GET /faults is not known here'],
  ])('answers %s with a sentence that says what is allowed', async (_, method, path, body, status, sentence) => {
    const [answered, { error }] = (await send(method, path, body)) as [number, { error: string }];
    expect([answered, error]).toEqual([status, expect.stringContaining(sentence)]);
  });
});
