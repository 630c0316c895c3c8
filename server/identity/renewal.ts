// Answers a gateway that asks, over its own connection, for its next certificate.
import type { Logger } from 'pino';
import { validator } from '#config/validate.ts';
import type { CertificateAnswer } from '#contract/certificates.ts';
import { CertificateRequestMessage, envelope } from '#contract/envelope.ts';
import { topic } from '#contract/topics.ts';
import type { Publish, UpMessage } from '../broker.ts';
import { ServerError } from '../errors.ts';
import type { Enrolment } from './enrolment.ts';

/** A sound gateway asks once in two months; one that asks more often than this is not answered for a while. */
const askedMax = 10;
const windowMs = 3_600_000;

const check = validator(CertificateRequestMessage);

/** The returned function never rejects: who gets no answer, or a refusal, asks again later. */
export function createRenewal(deps: {
  enrolment: Pick<Enrolment, 'renew'>;
  publish: Publish;
  log: Logger;
  now: () => number;
}): (message: Pick<UpMessage, 'canteen' | 'payload' | 'serial'>) => Promise<void> {
  const { enrolment, publish, log, now } = deps;
  const asked = new Map<string, number[]>();

  return async ({ canteen, payload, serial }) => {
    const recent = (asked.get(canteen) ?? []).filter((at) => at > now() - windowMs);
    if (recent.length >= askedMax) return;
    asked.set(canteen, [...recent, now()]);
    const answer = await answerTo({ canteen, payload, serial });
    if ('refused' in answer) log.warn({ canteen, reason: answer.refused }, 'a gateway’s certificate was not renewed');
    const about = { id: crypto.randomUUID(), source: 'mingzao/server', time: new Date(now()).toISOString(), data: answer };
    await publish(topic(canteen, 'certificate'), envelope('cn.mingzao.certificate.v1', about), { retain: false });
  };

  async function answerTo({
    canteen,
    payload,
    serial: over,
  }: Pick<UpMessage, 'canteen' | 'payload' | 'serial'>): Promise<CertificateAnswer> {
    const checked = check(parseJson(payload));
    if (!checked.ok) return { schemaVersion: 1, refused: checked.problem.slice(0, 500) };
    try {
      const { certificate } = await enrolment.renew({ canteen, request: checked.value.data.request, serial: over });
      return { schemaVersion: 1, certificate };
    } catch (err) {
      if (err instanceof ServerError) return { schemaVersion: 1, refused: err.message.slice(0, 500) };
      log.error({ err, canteen }, 'a certificate could not be renewed');
      return { schemaVersion: 1, refused: 'the server failed at this; its log says why' };
    }
  }
}

function parseJson(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString());
  } catch {
    return undefined;
  }
}
