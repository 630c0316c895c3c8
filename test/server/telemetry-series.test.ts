// Numbers over time as the interface shows them, from the message of a gateway on.
import { expect, test } from 'vitest';
import { validator } from '#config/validate.ts';
import { Series } from '#contract/series.ts';
import { ServerError } from '../../server/errors.ts';
import { appOf } from './app-of.ts';
import { openParts } from './app-parts.ts';
import { asAdministrator } from './asking.ts';
import { instant, reachable, started, upMessage } from './ingest-messages.ts';

async function openApp(wrap: (parts: Awaited<ReturnType<typeof openParts>>) => object = () => ({})) {
  const parts = await openParts();
  const app = await appOf(parts, wrap(parts));
  return { ...parts, ask: await asAdministrator(app, parts.identity) };
}

const url = '/api/canteens/qiaodong/series?device=cam-1&metric=round-trip-ms';

test('what gateways measure is shown over time, what is sent twice once', async () => {
  const { ask, ingest, telemetry, clock } = await openApp();
  const message = upMessage(
    'events',
    [1, 2, 3].map((sequence) => reachable(sequence, { at: started - sequence * 60_000 })),
  );
  await ingest.take(message);
  await ingest.take(message);
  expect((await ask('/api/health/details')).json()).toMatchObject({ telemetry: { status: 'ok', waiting: 3, dropped: 0 } });
  await telemetry.flush();
  clock.now = started + 1000;
  const series = validator(Series)((await ask(url)).json());
  expect(series).toMatchObject({
    ok: true,
    value: { canteen: 'qiaodong', unit: expect.stringContaining('milliseconds'), truncated: false, from: instant(clock.now - 86_400_000) },
  });
  expect(series.ok && series.value.samples.map(({ at, mean }) => [at, mean])).toEqual(
    [3, 2, 1].map((minutes) => [instant(started - minutes * 60_000), 3]),
  );
  const hours = (await ask(`${url}&resolution=hour&from=${instant(started - 7_200_000)}&to=${instant(started)}`)).json();
  expect(hours.samples).toEqual([{ at: instant(started - 3_600_000), mean: 3, min: 3, max: 3, count: 3 }]);
});

test.each<[string, string, number, RegExp]>([
  ['a canteen nobody knows', '/api/canteens/nowhere/series?device=cam-1&metric=mean-luma', 404, /no canteen "nowhere"/],
  ['no device', '/api/canteens/qiaodong/series?metric=mean-luma', 400, /"device" is missing/],
  ['a metric that is none', `${url.replace('round-trip-ms', 'mood')}`, 400, /metric: found "mood", allowed: round-trip-ms, /],
  ['a time that ends before it begins', `${url}&from=${instant(started)}&to=${instant(started)}`, 400, /from: it must lie before/],
  ['a time that is none', `${url}&from=yesterday`, 400, /from: found "yesterday"/],
  ['a resolution that is none', `${url}&resolution=day`, 400, /resolution: found "day", allowed: raw, hour/],
])('%s is refused in a sentence', async (_, path, status, sentence) => {
  const { ask } = await openApp();
  const response = await ask(path);
  expect(response.statusCode).toBe(status);
  expect(response.json().message).toMatch(sentence);
});

test('a store that does not answer is told as that, not as an empty series', async () => {
  const series = async () => {
    throw new ServerError('telemetry-unreachable', 'the telemetry store cannot be asked at present');
  };
  const health = () => ({ waiting: 7, dropped: 1, trouble: 'refused' });
  const { ask } = await openApp(({ telemetry }) => ({ telemetry: { ...telemetry, series, health } }));
  const response = await ask(url);
  expect([response.statusCode, response.json().error]).toEqual([503, 'telemetry-unreachable']);
  const { status, telemetry } = (await ask('/api/health/details')).json();
  expect([status, telemetry]).toEqual(['ok', { status: 'failing', waiting: 7, dropped: 1 }]);
});
