// Serves the built pages; without them, says so in a sentence.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import fastifyStatic from '@fastify/static';
import type { FastifyPluginAsync } from 'fastify';
import { ServerError } from '../errors.ts';
import { may } from '../identity/roles.ts';
import { openAllHere } from '../identity/stated-who.ts';

const pages = [
  ['/board', 'board.html'],
  ['/board/*', 'board.html'],
  ['/canteens/:id', 'canteen.html'],
  ['/gateways', 'gateways.html'],
  ['/sign-in', 'sign-in.html'],
  ['/welcome', 'welcome.html'],
  ['/account', 'account.html'],
  ['/people', 'people.html'],
] as const;

/** `folder` is what the build of `dashboards` left; it is looked for once, at start. */
export function pageRoutes(folder: string): FastifyPluginAsync {
  const built = existsSync(join(folder, 'board.html'));
  return async (app) => {
    openAllHere(app, may.ask);
    const hidden = { schema: { hide: true } };
    if (built) await app.register(fastifyStatic, { root: folder, index: false, dotfiles: 'deny' });
    app.get('/', hidden, (_, reply) => reply.redirect('/board'));
    for (const [path, page] of pages)
      app.get(path, hidden, (_, reply) => {
        if (!built)
          throw new ServerError('pages-not-built', 'The pages are not built yet: run "npm run pages" and start the server again.');
        return reply.header('cache-control', 'no-cache').sendFile(page);
      });
  };
}
