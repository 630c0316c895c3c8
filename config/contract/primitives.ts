// The small types every message is made of: identifiers, instants, outcomes.
import { type Static, Type } from 'typebox';

/** Identifies a canteen, device or zone inside topics and addresses: lower-case letters, digits, `-`; 1 to 64 of them. */
export const Identifier = Type.String({ pattern: '^[a-z0-9](?:[a-z0-9-]{0,62}[a-z0-9])?$' });

/** An instant: UTC, ISO 8601 with a `Z`, to the millisecond or coarser. */
// The format alone allows a leap second (23:59:60Z), a blank for the T and a small z, which JavaScript reads as no time at all.
export const Instant = Type.String({
  format: 'date-time',
  pattern: '^\\d{4}-\\d{2}-\\d{2}T\\d{2}:\\d{2}:[0-5]\\d(\\.\\d{1,3})?Z$',
  examples: ['2026-11-23T08:00:00.000Z'],
});

/** SHA-256, 64 lower-case hex digits. */
export const Sha256 = Type.String({ pattern: '^[0-9a-f]{64}$' });

/** A calendar day of the device's own time zone, `2026-11-23`. */
export const Day = Type.String({ format: 'date' });

/**
 * What looking came to. `ok`: seen, and as it should be. `fault`: seen, and not as it should be.
 * `unknown`: could not be seen, or seen too long ago; never shown as green.
 */
export const Outcome = Type.Enum(['ok', 'fault', 'unknown']);
export type Outcome = Static<typeof Outcome>;

/** The zones of the monitoring standard: 就餐区 dining, 制餐区 cooking, 清洁区 cleaning. */
export const ZoneKind = Type.Enum(['dining', 'cooking', 'cleaning']);
export type ZoneKind = Static<typeof ZoneKind>;

/** How much a gap weighs: `critical` stops an acceptance, `major` must be put right, `minor` is noted. */
export const Severity = Type.Enum(['critical', 'major', 'minor']);
export type Severity = Static<typeof Severity>;

/** All severities, the weightiest first. */
export const severities = ['critical', 'major', 'minor'] as const satisfies Severity[];

/** The four gates of 两到位、两接通. */
export const Gate = Type.Enum(['equipment-in-place', 'staff-in-place', 'monitoring-connected', 'data-connected']);
export type Gate = Static<typeof Gate>;
