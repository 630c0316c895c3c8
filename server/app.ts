// Assembles the HTTP side: routes for each audience, their description, the pages, and one form for every error. Never listens.
import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import swagger from '@fastify/swagger';
import swaggerUi from '@fastify/swagger-ui';
import type { TypeBoxTypeProvider } from '@fastify/type-provider-typebox';
import Fastify, { type FastifyBaseLogger, type FastifyError, LogController } from 'fastify';
import { problemIn } from '#config/validate.ts';
import type { Standard } from '#contract/standard.ts';
import { apiDescription } from './api-description.ts';
import type { Canteens } from './canteens.ts';
import { ServerError } from './errors.ts';
import { guard } from './identity/gate.ts';
import type { Identity } from './identity/identity.ts';
import { may } from './identity/roles.ts';
import { openAllHere, requireWho } from './identity/stated-who.ts';
import type { Live } from './live.ts';
import type { Meters } from './metrics.ts';
import { dawdling, limitRequests, shareConnections, silentMs } from './request-limit.ts';
import { accountRoutes } from './routes/account.ts';
import { createEventStreams } from './routes/event-streams.ts';
import { evidenceRoutes } from './routes/evidence.ts';
import { type GatewayDeps, gatewayRoutes } from './routes/gateways.ts';
import { historyRoutes } from './routes/history.ts';
import { type Load, operationsRoutes } from './routes/operations.ts';
import { pageRoutes } from './routes/pages.ts';
import { peopleRoutes } from './routes/people.ts';
import { publicRoutes } from './routes/public.ts';
import { regulatorRoutes } from './routes/regulator.ts';
import { seriesRoutes } from './routes/series.ts';
import { signInRoutes } from './routes/sign-in.ts';
import type { EvidenceStore } from './stores/evidence-store.ts';
import type { StateStore } from './stores/state-store.ts';
import type { Telemetry } from './telemetry.ts';

export interface AppDeps {
  canteens: Canteens;
  store: StateStore;
  evidence: Pick<EvidenceStore, 'find'>;
  telemetry: Pick<Telemetry, 'series' | 'health'>;
  standard: Standard;
  live: Live;
  identity: Identity;
  /** By canteen, when the last of its gaps closed. */
  lastClosed: () => Promise<Map<string, string>>;
  /** The folder of the built pages. */
  pages: string;
  version: string;
  load: () => Load;
  /** Of one address; left out, it may ask as often as it likes. */
  requestsPerMinute?: number;
  /** Then a request comes from whom the proxy says it comes from. */
  behindProxy?: boolean;
  gateways: GatewayDeps;
  meters?: Pick<Meters, 'answered' | 'pages'>;
  /** How often an open page is told that the server is there, milliseconds. */
  tickMs?: number;
  log: FastifyBaseLogger;
  now: () => number;
}

export type App = Awaited<ReturnType<typeof buildApp>>;

/** Ready to be listened with or injected into. Closing it ends the pages' event streams. */
export async function buildApp(deps: AppDeps) {
  const { canteens, store, evidence, telemetry, standard, live, identity, pages, version, load, gateways, meters, log, now } = deps;
  const { requestsPerMinute, behindProxy = false, tickMs = 5_000 } = deps;
  const streams = createEventStreams({ canteens, live, sessions: identity.sessions, tickMs, now });
  const app = Fastify({
    // Main tells the address; fastify would tell it once more.
    loggerInstance: log.level === 'info' ? log.child({}, { level: 'warn' }) : log,
    logController: new LogController({ disableRequestLogging: true }),
    bodyLimit: 64 * 1024,
    requestTimeout: dawdling.requestTimeout,
    connectionTimeout: silentMs,
    http: dawdling,
    // The proxy alone: what came to it may say anything.
    trustProxy: behindProxy && ((_: string, hop: number) => hop === 0),
    // A key nobody knows is a mistake to be told, not to be dropped in silence.
    ajv: { customOptions: { removeAdditional: false, strictTypes: false, verbose: true } },
    schemaErrorFormatter: (errors, where) => new Error(`${where}: ${problemIn(errors)}`),
  }).withTypeProvider<TypeBoxTypeProvider>();

  shareConnections(app.server);
  requireWho(app);
  if (requestsPerMinute !== undefined) await limitRequests(app, requestsPerMinute);
  // The compiler holds every view to its schema already.
  app.setSerializerCompiler(() => (view) => JSON.stringify(view));
  app.setErrorHandler<FastifyError | ServerError>((error, request, reply) => {
    const status = error.statusCode ?? 500;
    if (status >= 500 && !(error instanceof ServerError)) log.error({ err: error, url: request.routeOptions.url }, 'a request failed');
    if (error instanceof ServerError && error.retryAfterSeconds !== undefined) reply.header('retry-after', error.retryAfterSeconds);
    const message = status === 500 ? 'The server failed at this; its log says why.' : error.message;
    return reply.code(status).send({ error: codeOf(error, status), message });
  });
  app.setNotFoundHandler(requestsPerMinute === undefined ? {} : { preHandler: app.rateLimit() }, (request, reply) =>
    reply.code(404).send({
      error: 'not-found',
      message: `There is nothing at ${request.method} ${pathOf(request.url)}; /api/docs lists what there is.`,
    }),
  );
  app.addHook('preClose', async () => streams.close());
  app.addHook('onResponse', async ({ routeOptions }, { statusCode }) => meters?.answered({ route: routeOptions.url, status: statusCode }));
  meters?.pages(streams.count);

  await app.register(cookie);
  guard(app, identity);
  await app.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives: ourPagesOnly },
    // Served over plain HTTP on the loopback address; a proxy that adds TLS adds this as well.
    strictTransportSecurity: false,
  });
  await app.register(swagger, apiDescription(version));
  await app.register(async (docs) => {
    openAllHere(docs, may.ask);
    await docs.register(swaggerUi, { routePrefix: '/api/docs', staticCSP: docsPages, theme: { title: 'Mingzao 明灶' } });
    docs.get('/api/openapi.json', { schema: { hide: true } }, () => app.swagger());
  });
  await app.register(regulatorRoutes({ canteens, store, standard, streams, now }));
  await app.register(historyRoutes({ canteens, store, standard, now }));
  await app.register(evidenceRoutes({ canteens, evidence, now }));
  await app.register(seriesRoutes({ canteens, telemetry, now }));
  await app.register(operationsRoutes({ store, canteens, telemetry, streams, load, version, startedAt: now(), now }));
  await app.register(gatewayRoutes({ ...gateways, canteens, now }));
  await app.register(publicRoutes({ canteens, lastClosed: deps.lastClosed, now }));
  await app.register(signInRoutes(identity));
  await app.register(accountRoutes(identity));
  await app.register(peopleRoutes(identity));
  await app.register(pageRoutes(pages));
  return app;
}

const ourPagesOnly = {
  defaultSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'self'"],
  frameAncestors: ["'none'"],
  objectSrc: ["'none'"],
};

/** Swagger's page writes style attributes and draws icons from data: addresses. The one style element it adds is not let in, and not missed. */
const docsPages = {
  'default-src': ["'self'"],
  'style-src': ["'self'"],
  'style-src-attr': ["'unsafe-inline'"],
  'img-src': ["'self'", 'data:'],
  'frame-ancestors': ["'none'"],
  'object-src': ["'none'"],
};

function codeOf(error: FastifyError | ServerError, status: number): string {
  if (error instanceof ServerError) return error.code;
  return status >= 500 ? 'internal' : 'invalid-request';
}

function pathOf(url: string): string {
  return url.split('?', 1)[0]?.slice(0, 200) ?? '/';
}
