// Holds every route to saying who may call it: one that does not keeps the server from starting.
import type { FastifyInstance } from 'fastify';
import type { Who } from './roles.ts';

/** To be called before any route is added. */
export function requireWho(app: FastifyInstance): void {
  const routes: { method: string | string[]; url: string; config?: { who?: Who } }[] = [];
  app.addHook('onRoute', (route) => void routes.push(route));
  app.addHook('onReady', async () => {
    const silent = routes.find(({ config }) => config?.who === undefined);
    if (silent !== undefined) throw new Error(`the route ${silent.method} ${silent.url} does not say who may call it (config.who)`);
  });
}

/** For a plugin whose routes, some of a library, cannot say it one by one; to be called in the plugin before they are added. */
export function openAllHere(app: FastifyInstance, who: Who): void {
  app.addHook('onRoute', (route) => {
    route.config = { ...route.config, who };
  });
}
