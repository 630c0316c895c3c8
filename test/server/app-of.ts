// The application of a test: built on its parts, and closed with it.
import { onTestFinished } from 'vitest';
import { type App, type AppDeps, buildApp } from '../../server/app.ts';
import { type openParts, silent, standard } from './app-parts.ts';

export async function appOf(
  parts: Omit<Awaited<ReturnType<typeof openParts>>, 'clock' | 'ingest'>,
  about: Partial<AppDeps> = {},
): Promise<App> {
  const usual = { standard, log: silent, version: '9.9.9', pages: '/nowhere', load: () => ({ waiting: 0, gateways: 1, hearing: true }) };
  const app = await buildApp({ ...parts, ...usual, ...about });
  onTestFinished(() => app.close());
  return app;
}
