// For whoever takes canteens on: canteens, their gateways' certificates and claim codes; and, for everyone, turning a code into a certificate.
import type { FastifyPluginAsyncTypebox } from '@fastify/type-provider-typebox';
import type { FastifyRequest } from 'fastify';
import { Type } from 'typebox';
import { GatewayCanteen, NewClaimCode } from '#contract/gateways.ts';
import { Identifier, Instant } from '#contract/primitives.ts';
import type { Canteens } from '../canteens.ts';
import type { By } from '../identity/audit.ts';
import type { Authority } from '../identity/authority.ts';
import { callerOf, whoAsks } from '../identity/caller.ts';
import type { Enrolment } from '../identity/enrolment.ts';
import { may } from '../identity/roles.ts';
import { canteenAsked } from './asked.ts';
import { gatewayCanteens } from './gateway-views.ts';
import { CanteenId, Forbidden, Invalid, NotFound, TooMany } from './schemas.ts';

const closed = { additionalProperties: false };
const tags = ['gateways'];
const Name = Type.String({ minLength: 1, maxLength: 80 });
const Done = Type.Object({ done: Type.Literal(true) }, { ...closed, description: 'It is done' });
const done = { done: true as const };
/** A code, a request for a certificate, and nothing else. */
const enrolBodyBytesMax = 16 * 1024;

export interface GatewayDeps {
  enrolment: Enrolment;
  authority: Pick<Authority, 'certificate' | 'fingerprint'>;
  /** Where gateways reach this server, as far as its settings tell. */
  reached: () => { serverUrl: string | null; mqttPort: number | null };
}

export function gatewayRoutes(
  deps: GatewayDeps & { canteens: Pick<Canteens, 'all' | 'find'>; now: () => number },
): FastifyPluginAsyncTypebox {
  const { enrolment, authority, reached, canteens, now } = deps;

  return async (app) => {
    app.get(
      '/api/gateways',
      {
        config: { who: may.askClaimCodes },
        schema: {
          tags,
          summary: 'Every canteen with the certificates of its gateway, and what a gateway has to know the server by',
          response: {
            200: Type.Object(
              {
                at: Instant,
                fingerprint: Type.String({ description: 'SHA-256 of the certificate authority' }),
                server: Type.Union([Type.String(), Type.Null()], {
                  description: 'where gateways on other machines reach this server; null: nowhere, as far as its settings tell',
                }),
                canteens: Type.Array(GatewayCanteen),
              },
              { ...closed, description: 'The canteens, by district and name' },
            ),
          },
        },
      },
      async (request) => ({
        at: new Date(now()).toISOString(),
        fingerprint: authority.fingerprint,
        server: reached().serverUrl,
        canteens: gatewayCanteens({
          standings: canteens.all(now()).filter(({ identity }) => callerOf(request).reach.has(identity)),
          rows: await enrolment.certificates(),
          isSettled: enrolment.isSettled,
          now: now(),
        }),
      }),
    );

    app.post(
      '/api/canteens',
      {
        config: { who: may.enrolGateways },
        schema: {
          tags,
          summary: 'Take one more canteen under supervision',
          body: Type.Object({ id: Identifier, name: Name, district: Name }, closed),
          response: { 200: Done, 400: Invalid },
        },
      },
      async (request) => {
        await enrolment.create(request.body, askedBy(request));
        return done;
      },
    );

    app.delete(
      '/api/canteens/:id',
      {
        config: { who: may.enrolGateways },
        schema: {
          tags,
          summary: 'Withdraw a canteen: its gateway is shut out and its claim code ends, its gaps are closed, what it told is kept',
          params: Type.Object({ id: CanteenId }, closed),
          response: { 200: Done, 400: Invalid, 404: NotFound },
        },
      },
      async (request) => {
        await enrolment.withdraw(request.params.id, askedBy(request));
        return done;
      },
    );

    app.post(
      '/api/canteens/:id/claim-code',
      {
        config: { who: may.askClaimCodes },
        schema: {
          tags,
          summary: 'A one-time code for the gateway of this canteen; an older one ends',
          params: Type.Object({ id: CanteenId }, closed),
          body: Type.Object(
            { minutes: Type.Integer({ minimum: 1, maximum: 1440, default: 30, description: 'how long it can be used, 1 to 1440' }) },
            closed,
          ),
          response: { 200: NewClaimCode, 400: Invalid, 404: NotFound },
        },
      },
      async (request) => {
        const { identity } = canteenAsked(canteens, { id: request.params.id, request, now: now() });
        const made = await enrolment.makeCode({ canteen: identity.id, minutes: request.body.minutes, by: askedBy(request) });
        return { ...made, fingerprint: authority.fingerprint, server: reached().serverUrl };
      },
    );

    app.post(
      '/api/certificates/:serial/revoke',
      {
        config: { who: may.enrolGateways },
        schema: {
          tags,
          summary:
            'Shut out who holds a certificate: all of its canteen are revoked, its gateway is cut off within seconds and needs a new claim code',
          params: Type.Object(
            { serial: Type.String({ pattern: '^[0-9A-F]{1,40}$', description: 'the serial number, in upper-case hex' }) },
            closed,
          ),
          response: { 200: Done, 400: Invalid, 404: NotFound },
        },
      },
      async (request) => {
        await enrolment.revoke(request.params.serial, askedBy(request));
        return done;
      },
    );

    app.post(
      '/api/enrol',
      {
        config: { who: 'everyone' },
        bodyLimit: enrolBodyBytesMax,
        schema: {
          tags,
          summary: 'Turn a claim code and a request for a certificate (PKCS #10, PEM) into a gateway’s certificate',
          body: Type.Object(
            {
              code: Type.String({ minLength: 1, maxLength: 40 }),
              request: Type.String({ minLength: 1, maxLength: 8192, description: 'only its key counts, which has to have signed it' }),
              canteen: Type.Optional(Type.String({ ...Identifier, description: 'whom the gateway takes itself for' })),
            },
            closed,
          ),
          response: {
            200: Type.Object(
              {
                canteen: Identifier,
                certificate: Type.String(),
                authority: Type.String({ description: 'the certificate authority’s own certificate, in PEM' }),
                at: Instant,
                mqttPort: Type.Union([Type.Integer(), Type.Null()], { description: 'where to report on this server, over mutual TLS' }),
              },
              { ...closed, description: 'The certificate, in PEM' },
            ),
            ...{ 400: Invalid, 403: Forbidden, 429: TooMany },
          },
        },
      },
      async (request) => {
        const { canteen, certificate } = await enrolment.enrol({ ...request.body, from: request.ip });
        return { canteen, certificate, authority: authority.certificate, at: new Date(now()).toISOString(), mqttPort: reached().mqttPort };
      },
    );
  };
}

function askedBy(request: FastifyRequest): By {
  return { who: whoAsks(request).person.name, from: callerOf(request).from };
}
