// A small HTTP interface to switch faults of simulated devices while they run.
import Fastify, { type FastifyReply } from 'fastify';
import { type Static, Type } from 'typebox';
import { validator } from '#config/validate.ts';
import { type CameraEvent, cameraEvents, type SimulatedCamera } from './camera.ts';
import { faultsOf, isFaultName } from './faults.ts';
import type { SimulatedRecorder } from './recorder.ts';

export type AnyDevice = SimulatedCamera | SimulatedRecorder;

export interface Control {
  readonly url: string;
  close(): Promise<void>;
}

export interface ControlOptions {
  host: string;
  /** 0 takes any free port. */
  port: number;
  /** By the names they have here. */
  devices: ReadonlyMap<string, AnyDevice>;
}

const closed = { additionalProperties: false };
const FaultSize = Type.Object({ seconds: Type.Optional(Type.Number({ minimum: -31_536_000, maximum: 31_536_000 })) }, closed);
const FiredEvent = Type.Object({ event: Type.Enum(Object.keys(cameraEvents) as CameraEvent[]), state: Type.Boolean() }, closed);
const checkSize = validator(FaultSize);
const checkEvent = validator(FiredEvent);

/** A request that is answered with one sentence instead. */
class BadRequest extends Error {
  override name = 'BadRequest';
  readonly statusCode: 400 | 404;

  constructor(statusCode: 400 | 404, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** Starts listening. Rejects where the port is taken. */
export async function createControl({ host, port, devices }: ControlOptions): Promise<Control> {
  const app = Fastify({ forceCloseConnections: true });
  app.setErrorHandler((error: { statusCode?: number; message: string }, _request, reply) =>
    sentence(reply, error.statusCode ?? 500, error.message),
  );
  app.setNotFoundHandler((request, reply) =>
    sentence(reply, 404, `${request.method} ${request.url} is not known here; GET /devices lists what is.`),
  );

  app.get('/devices', () => [...devices].map(([id, device]) => view(id, device)));
  app.put<{ Params: FaultPath }>('/devices/:id/faults/:fault', async ({ params, body }) => {
    const { device, fault } = faultAsked(devices, params);
    await device.faults.set(fault, checked(checkSize(body ?? {})).seconds);
    return view(params.id, device);
  });
  app.delete<{ Params: FaultPath }>('/devices/:id/faults/:fault', async ({ params }) => {
    const { device, fault } = faultAsked(devices, params);
    await device.faults.clear(fault);
    return view(params.id, device);
  });
  app.post<{ Params: { id: string } }>('/devices/:id/events', ({ params, body }) => {
    const device = deviceAsked(devices, params.id);
    const { event, state }: Static<typeof FiredEvent> = checked(checkEvent(body ?? {}));
    if (device.kind !== 'camera') throw new BadRequest(400, `"${params.id}" is a ${device.kind}; only a camera has events.`);
    device.fire(event, state);
    return { event, state };
  });

  return { url: await app.listen({ host, port }), close: () => app.close() };
}

interface FaultPath {
  id: string;
  fault: string;
}

function faultAsked(devices: ControlOptions['devices'], { id, fault }: FaultPath) {
  const device = deviceAsked(devices, id);
  const possible = faultsOf(device.kind);
  if (!isFaultName(fault) || !possible.includes(fault))
    throw new BadRequest(404, `"${fault}" is not a fault a ${device.kind} can have; it can have: ${possible.join(', ')}.`);
  return { device, fault };
}

function deviceAsked(devices: ControlOptions['devices'], id: string): AnyDevice {
  const device = devices.get(id);
  if (device === undefined) throw new BadRequest(404, `There is no device "${id}"; there are: ${[...devices.keys()].join(', ')}.`);
  return device;
}

function checked<Value>(result: { ok: true; value: Value } | { ok: false; problem: string }): Value {
  if (!result.ok) throw new BadRequest(400, result.problem);
  return result.value;
}

function view(id: string, device: AnyDevice) {
  const { kind, onvifUrl, streamUrls, username, faults } = device;
  return { id, kind, onvif: onvifUrl, streams: streamUrls, username, faults: faults.active() };
}

function sentence(reply: FastifyReply, status: number, error: string) {
  return reply.code(status).send({ error });
}
