// The MQTT topics both programs agree on. `{canteen}` is the only thing a gateway may write under.

const root = 'mz/v1';

/** The last level of a topic, by which way it goes. `evidence` carries one more level, the SHA-256 of its payload. */
export const upTopics = ['status', 'heartbeat', 'events', 'evidence', 'certificate-request'] as const;
export const downTopics = ['ack', 'stored', 'gaps', 'commands', 'certificate'] as const;
export type UpTopic = (typeof upTopics)[number];
export type DownTopic = (typeof downTopics)[number];

/** The topic of one kind of message of one canteen; `+` for every canteen. */
export function topic(canteen: string, kind: Exclude<UpTopic, 'evidence'> | DownTopic): string {
  return `${root}/${canteen}/${kind}`;
}

/** Where a picture goes: its address is the SHA-256 of its bytes, 64 lower-case hex digits. */
export function evidenceTopic(canteen: string, sha256: string): string {
  return `${root}/${canteen}/evidence/${sha256}`;
}

/** Takes a topic apart, or gives undefined where it is none of ours. */
export function parseTopic(name: string): { canteen: string; kind: UpTopic | DownTopic; sha256?: string } | undefined {
  const match = /^mz\/v1\/([a-z0-9][a-z0-9-]{0,63})\/([a-z]+(?:-[a-z]+)?)(?:\/([0-9a-f]{64}))?$/.exec(name);
  const [, canteen, kind, sha256] = match ?? [];
  if (canteen === undefined || !isKind(kind) || (kind === 'evidence') !== (sha256 !== undefined)) return undefined;
  return sha256 === undefined ? { canteen, kind } : { canteen, kind, sha256 };
}

/** Whether a gateway writes it. */
export function isUp(kind: string): kind is UpTopic {
  return upTopics.some((up) => up === kind);
}

function isKind(kind: string | undefined): kind is UpTopic | DownTopic {
  return [...upTopics, ...downTopics].some((known) => known === kind);
}
