// How a session or token stands in a request, and how a browser is given a session.
import type { CookieSerializeOptions } from '@fastify/cookie';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Credential } from './sessions.ts';

/** A token, where there is one, and nothing else then: whoever sends it means it. */
export function credentialOf(request: FastifyRequest): Credential | undefined {
  const { authorization } = request.headers;
  if (authorization !== undefined) return { kind: 'token', secret: authorization.replace(/^bearer +/i, '') };
  return sessionOf(request);
}

export function sessionOf(request: FastifyRequest): Credential | undefined {
  const secret = request.cookies[cookieName(request)];
  return secret === undefined ? undefined : { kind: 'session', secret };
}

export function giveSession(request: FastifyRequest, reply: FastifyReply, about: { secret: string; longestDays: number }): void {
  reply.setCookie(cookieName(request), about.secret, { ...cookieOptions(request), maxAge: about.longestDays * 86_400 });
}

export function takeSession(request: FastifyRequest, reply: FastifyReply): void {
  reply.clearCookie(cookieName(request), cookieOptions(request));
}

/** `__Host-`: a browser then takes it from this very host over https only, and from none of its neighbours. */
function cookieName({ protocol }: FastifyRequest): string {
  return protocol === 'https' ? '__Host-mingzao' : 'mingzao';
}

function cookieOptions({ protocol }: FastifyRequest): CookieSerializeOptions {
  return { path: '/', httpOnly: true, sameSite: 'lax', secure: protocol === 'https' };
}
