// What a gateway saw of one device at one moment, one schema a check. Says nothing about whether that complies.
import { type Static, type TProperties, Type } from 'typebox';
import { AccountMeasured, ClockMeasured, IdentityMeasured, StreamMeasured } from './camera-measured.ts';
import { CoverageMeasured } from './coverage.ts';
import { InputsMeasured, TamperMeasured } from './event-measured.ts';
import { FaultCode } from './fault-code.ts';
import { FootageMeasured, PlaybackMeasured, StorageMeasured } from './footage.ts';
import { PictureMeasured } from './picture.ts';
import { Identifier, Instant, Outcome } from './primitives.ts';

const closed = { additionalProperties: false };

const fact = <Check extends string, Measured extends TProperties>(check: Check, measured: ReturnType<typeof Type.Object<Measured>>) =>
  Type.Object(
    {
      schemaVersion: Type.Literal(1),
      check: Type.Literal(check),
      device: Type.String({ ...Identifier, description: 'the device it is about; of a coverage fact, the zone' }),
      outcome: Outcome,
      fault: Type.Optional(FaultCode),
      detail: Type.Optional(Type.String({ maxLength: 300, description: 'technical, in English, for whoever repairs it; never a secret' })),
      observedAt: Instant,
      validUntil: Instant, // after this the fact may no longer be believed
      measured: Type.Optional(measured),
    },
    closed,
  );

/** The device answers on the network. */
export const ReachableFact = fact(
  'reachable',
  Type.Object(
    { address: Type.String({ maxLength: 200, description: 'host:port' }), roundTripMs: Type.Optional(Type.Number({ minimum: 0 })) },
    closed,
  ),
);
/** The device says who it is. */
export const IdentityFact = fact('identity', IdentityMeasured);
/** The device's clock could be read. Whether it is right enough is the server's to say. */
export const ClockFact = fact('clock', ClockMeasured);
/** The stream opens and decodes. */
export const StreamFact = fact('stream', StreamMeasured);
/** The picture shows something. */
export const PictureFact = fact('picture', PictureMeasured);
/** The recorder told, completely, what it holds. Whether that is enough is the server's to say. */
export const FootageFact = fact('footage', FootageMeasured);

/** What the recorder lists can be played back and decoded, instant by instant. */
export const PlaybackFact = fact('playback', PlaybackMeasured);

/** The recorder's disks could be asked after, and none is broken. */
export const StorageFact = fact('storage', StorageMeasured);
/** What the working cameras see of one zone could be computed. */
export const CoverageFact = fact('coverage', CoverageMeasured);

/** The camera tells by itself that nobody tampers with it. Most cameras can; nothing relies on it. */
export const TamperFact = fact('tamper', TamperMeasured);
/** The device tells by itself how its digital inputs stand. */
export const InputsFact = fact('inputs', InputsMeasured);
/** What the gateway's account may do on the device could be read. */
export const AccountFact = fact('account', AccountMeasured);

/** Anything a gateway can have seen. */
export const Fact = Type.Union([
  ReachableFact,
  IdentityFact,
  ClockFact,
  StreamFact,
  PictureFact,
  FootageFact,
  PlaybackFact,
  StorageFact,
  CoverageFact,
  TamperFact,
  InputsFact,
  AccountFact,
]);
export type Fact = Static<typeof Fact>;
/** What a gateway looks at, one fact each. */
export const CheckName = Type.Enum(Fact.anyOf.map(({ properties }) => properties.check.const));
export type CheckName = Fact['check'];
export type FactOf<Name extends CheckName> = Extract<Fact, { check: Name }>;
