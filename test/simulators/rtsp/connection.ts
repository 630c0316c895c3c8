// One client's RTSP connection: who it is, what it asks for, and its session.
import type { Socket } from 'node:net';
import { createDigestGuard } from './digest.ts';
import { createReader, formatReply, type Heard, type Reply, type RtspRequest } from './message.ts';
import type { Pacer } from './pacer.ts';
import type { RtspServerOptions } from './rtsp-server.ts';
import { createSession, type Session } from './session.ts';
import { describe, trackControl } from './session-description.ts';
import type { RtspSource } from './source.ts';
import { openTransport, parseTransport } from './transport.ts';

export interface Connection {
  hasSession(): boolean;
  close(): void;
}

const methods = ['OPTIONS', 'DESCRIBE', 'SETUP', 'PLAY', 'PAUSE', 'TEARDOWN', 'GET_PARAMETER', 'SET_PARAMETER'];
const silenceSecondsMax = 60;
const unreadBytesMax = 1024 * 1024;

/**
 * Serves until the client leaves, misbehaves, or has said nothing for a minute. A connection has one session at most, and it ends
 * with the connection, as on most cameras.
 */
export function serveConnection(socket: Socket, { options, pacer }: { options: RtspServerOptions; pacer: Pacer }): Connection {
  const guard = options.credentials && createDigestGuard(options.credentials);
  const read = createReader();
  const silence = setTimeout(() => socket.destroy(), silenceSecondsMax * 1000);
  let session: Session | undefined;

  const endSession = () => {
    session?.close();
    session = undefined;
  };

  const answer = async (request: RtspRequest): Promise<Reply> => {
    const { method, headers } = request;
    if (!methods.includes(method)) return { status: 501, headers: { Public: methods.join(', ') } };
    // Cameras tell anybody what they can do.
    if (method === 'OPTIONS') return { status: 200, headers: { Public: methods.join(', ') } };
    if (options.refuses?.() === 'locked') return { status: 403 };
    if (guard && !guard.admits(headers.get('authorization'), method)) {
      return { status: 401, headers: { 'WWW-Authenticate': guard.challenge } };
    }
    if (method === 'DESCRIBE' || method === 'SETUP') return answerForSource(request);
    const named = headers.get('session')?.split(';')[0]?.trim();
    return session === undefined || named !== session.id ? { status: 454 } : answerInSession(request, session);
  };

  const answerForSource = async (request: RtspRequest): Promise<Reply> => {
    if (options.refuses?.() === 'busy') return { status: 453 };
    const url = baseUrl(request.uri);
    const parsed = URL.parse(url);
    if (parsed?.protocol !== 'rtsp:') return { status: 400 };
    const source = await options.resolve(parsed.pathname || '/', parsed.searchParams);
    if (source === undefined) return { status: 404 };
    const refusal = refuseRequired(request, source);
    if (refusal !== undefined) return refusal;
    if (request.method === 'SETUP') return setUp(request, source, url);
    return { status: 200, headers: { 'Content-Base': `${url}/`, 'Content-Type': 'application/sdp' }, body: describe(source) };
  };

  const setUp = async (request: RtspRequest, source: RtspSource, url: string): Promise<Reply> => {
    if (session !== undefined) return { status: 455 };
    const wanted = parseTransport(request.headers.get('transport'));
    if (wanted === undefined) return { status: 461 };
    const transport = await openTransport(wanted, socket, () => silence.refresh());
    session = createSession({ source, transport, connection: socket, pacer, url });
    const named = `${session.id};timeout=${silenceSecondsMax}`;
    // The client may have gone while ports were opened.
    if (socket.destroyed) endSession();
    return { status: 200, headers: { Transport: transport.header, Session: named } };
  };

  const answerInSession = (request: RtspRequest, current: Session): Reply => {
    const named = { Session: current.id };
    const refusal = refuseRequired(request, current.source);
    if (refusal !== undefined) return refusal;
    switch (request.method) {
      case 'PLAY': {
        const reply = current.play(request.headers);
        return { ...reply, headers: { ...named, ...reply.headers } };
      }
      case 'PAUSE':
        current.pause();
        return { status: 200, headers: named };
      case 'TEARDOWN':
        endSession();
        return { status: 200, headers: named };
      // Empty, GET_PARAMETER and SET_PARAMETER keep a session alive; there are no parameters to ask for or to set.
      default:
        return { status: request.body.length === 0 ? 200 : 451, headers: named };
    }
  };

  const act = async (heard: Heard): Promise<void> => {
    if (heard.kind === 'interleaved') return;
    if (heard.kind === 'malformed') {
      socket.end(formatReply({ status: heard.status }, undefined));
      return;
    }
    const cseq = heard.request.headers.get('cseq');
    socket.write(formatReply(cseq === undefined ? { status: 400 } : await answer(heard.request), cseq));
    // A client that asks without end and reads no answer.
    if (socket.writableLength > unreadBytesMax) socket.destroy();
  };
  const actInOrder = async (chunk: Buffer): Promise<void> => {
    silence.refresh();
    socket.pause();
    for (const heard of read(chunk)) {
      if (socket.writable) await act(heard);
    }
    socket.resume();
  };

  socket.setNoDelay(true);
  socket.on('data', (chunk) => void actInOrder(chunk));
  // A reset is one way for a client to leave; `close` follows.
  socket.on('error', () => {});
  socket.on('close', () => {
    clearTimeout(silence);
    endSession();
  });
  return { hasSession: () => session !== undefined, close: () => socket.destroy() };
}

/** The address as DESCRIBE had it: a track is asked for under its content base. */
function baseUrl(uri: string): string {
  const suffix = [`/${trackControl}`, '/'].find((ending) => uri.endsWith(ending)) ?? '';
  return uri.slice(0, uri.length - suffix.length);
}

/** RFC 2326 12.32: what a client requires and we do not have must be refused. Only a recorder knows replay. */
function refuseRequired({ headers }: RtspRequest, { footage }: RtspSource): Reply | undefined {
  const required = (headers.get('require') ?? '').split(',').map((tag) => tag.trim());
  const unknown = required.filter((tag) => tag !== '' && !(tag === 'onvif-replay' && footage !== undefined));
  return unknown.length === 0 ? undefined : { status: 551, headers: { Unsupported: unknown.join(', ') } };
}
