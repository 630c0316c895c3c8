// What is kept on disk of a camera’s picture: the references somebody put his name to, and what the checks must not forget.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Static, Type } from 'typebox';
import { validator } from '#config/validate.ts';
import { Instant } from '#contract/primitives.ts';
import { GatewayError } from './errors.ts';
import { parseJson } from './json.ts';
import type { LastingMemory, Reference, ReferenceKind, References } from './pictures/memory.ts';

export interface PictureFiles {
  /** Read anew each time: they are set by another process, and a moved camera must not wait for a restart to be found out. */
  references(): References;
  /** Who set the reference of this kind, and when. */
  signature(kind: ReferenceKind): Signature | undefined;
  /** Throws GatewayError. */
  setReference(kind: ReferenceKind, reference: Reference, about: { by: string; jpeg: Buffer }): void;
  /** Undefined where nothing is remembered, or what is cannot be read. */
  memory(): LastingMemory | undefined;
  /** Throws GatewayError. */
  remember(memory: LastingMemory): void;
}

export interface Signature {
  setAt: string;
  by: string;
}

const closed = { additionalProperties: false };

const ReferenceFile = Type.Object(
  {
    version: Type.Literal(1),
    setAt: Instant,
    by: Type.String({ minLength: 1, maxLength: 80 }),
    outline: Type.String({ contentEncoding: 'base64', description: '320×180 bytes' }),
    blue: Type.Number(),
    red: Type.Number(),
    edgePixels: Type.Optional(Type.Number()),
  },
  closed,
);
type ReferenceFile = Static<typeof ReferenceFile>;

const Standing = Type.Object({ settled: Type.Enum(['ok', 'fault', 'never']), samples: Type.Integer({ minimum: 0 }) }, closed);
const MemoryFile = Type.Object(
  {
    version: Type.Literal(1),
    standings: Type.Object(
      { black: Standing, covered: Standing, frozen: Standing, moved: Standing, blurred: Standing, 'colour-cast': Standing },
      closed,
    ),
    edgePixels: Type.Array(Type.Number(), { maxItems: 1000 }),
    clock: Type.Object({ pairs: Type.Integer(), changes: Type.Record(Type.String({ pattern: '^\\d+$' }), Type.Integer()) }, closed),
  },
  closed,
);

const checkReference = validator(ReferenceFile);
const checkMemory = validator(MemoryFile);
const outlineBytes = 320 * 180;
const kinds = ['day', 'infrared'] as const satisfies ReferenceKind[];

/** `folder` is created where something is first kept. */
export function createPictureFiles(folder: string, camera: string): PictureFiles {
  // An id holds no dot: no file of one camera can be that of another.
  const referenceFile = (kind: ReferenceKind) => join(folder, `${camera}.${kind}.json`);
  const memoryFile = join(folder, `${camera}.json`);

  const readReference = (kind: ReferenceKind): ReferenceFile | undefined => {
    const checked = checkReference(readJson(referenceFile(kind)));
    return checked.ok ? checked.value : undefined;
  };

  return {
    references: () => Object.fromEntries(kinds.flatMap((kind) => asReference(readReference(kind)).map((reference) => [kind, reference]))),
    signature: readReference,
    setReference(kind, { outline, ...reference }, { by, jpeg }) {
      // For people to look at: the outline is what the checks compare.
      write(join(folder, `${camera}.${kind}.jpg`), jpeg);
      write(referenceFile(kind), JSON.stringify({ version: 1, by, ...reference, outline: Buffer.from(outline).toString('base64') }));
    },
    memory() {
      const checked = checkMemory(readJson(memoryFile));
      return checked.ok ? checked.value : undefined;
    },
    remember: ({ standings, edgePixels, clock }) => write(memoryFile, JSON.stringify({ version: 1, standings, edgePixels, clock })),
  };
}

function asReference(file: ReferenceFile | undefined): Reference[] {
  if (file === undefined) return [];
  const outline = Buffer.from(file.outline, 'base64');
  const { setAt, blue, red, edgePixels } = file;
  return outline.length === outlineBytes ? [{ setAt, blue, red, edgePixels, outline }] : [];
}

function readJson(file: string): unknown {
  try {
    return parseJson(readFileSync(file));
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new GatewayError('store-unusable', `${file}: it cannot be read; the gateway must be able to read and write it`, { cause });
  }
}

/** Whole or not at all, also when the power goes. */
function write(file: string, content: string | Buffer): void {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, content, { flush: true });
    renameSync(`${file}.new`, file);
  } catch (cause) {
    throw new GatewayError('store-unusable', `${file}: it cannot be written`, { cause });
  }
}
