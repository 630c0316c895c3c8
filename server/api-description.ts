// How the interface describes itself (OpenAPI): what the routes' schemas say, and who may call each.
import type { SwaggerOptions } from '@fastify/swagger';
import type { FastifySchema } from 'fastify';
import type { Who } from './identity/roles.ts';
import { Forbidden, Unauthorized } from './routes/schemas.ts';

export function apiDescription(version: string): SwaggerOptions {
  return {
    transform: ({ schema, url, route }) => ({ schema: withWho(withoutDefaulted(schema), route.config?.who), url }),
    openapi: {
      openapi: '3.1.0',
      info: { title: 'Mingzao 明灶', description: 'The state of every canteen under supervision, and its acceptance gaps.', version },
      tags: [
        { name: 'regulator', description: 'Canteens, gaps, the standard, and changes as they happen' },
        { name: 'gateways', description: 'Taking canteens on: claim codes and certificates of their gateways' },
        { name: 'people', description: 'Signing in, one’s own account, and for administrators everybody’s' },
        { name: 'operations', description: 'For whoever runs the server' },
        { name: 'public', description: 'For everyone' },
      ],
      components: {
        securitySchemes: {
          session: {
            type: 'apiKey',
            in: 'cookie',
            name: 'mingzao',
            description:
              'Set by /api/sign-in; over https its name is `__Host-mingzao`. What changes something needs the header `x-mingzao: 1` as well.',
          },
          token: { type: 'http', scheme: 'bearer', description: 'A token of one’s own, made at /account or by /api/me/tokens' },
        },
      },
    },
  };
}

/** A question that has an answer by default need not be asked, though its schema, which fills the answer in, calls it required. */
function withoutDefaulted(schema: FastifySchema): FastifySchema {
  const { querystring } = schema as { querystring?: { properties: Record<string, { default?: unknown }>; required?: string[] } };
  if (querystring?.required === undefined) return schema;
  const required = querystring.required.filter((key) => querystring.properties[key]?.default === undefined);
  return { ...schema, querystring: { ...querystring, required } };
}

function withWho(schema: FastifySchema, who: Who | undefined): FastifySchema {
  if (who === undefined || schema === undefined) return schema;
  if (who === 'everyone') return { ...schema, security: [] };
  const { description, response = {} } = schema as { description?: string; response?: object };
  return {
    ...schema,
    description: [description, `For: ${who.join(', ')}.`].filter(Boolean).join(' '),
    security: [{ session: [] }, { token: [] }],
    response: { ...response, 401: Unauthorized, 403: Forbidden },
  } as FastifySchema;
}
