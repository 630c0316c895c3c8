// Who uses the server: roles, what a role is limited to, and what the pages for signing in and for people are told.
import { type Static, Type } from 'typebox';
import { Identifier, Instant } from './primitives.ts';

const closed = { additionalProperties: false };

export const roles = ['administrator', 'regulator', 'inspector', 'assessor', 'installer', 'operator', 'public'] as const;
export type Role = (typeof roles)[number];
export const Role = Type.Enum([...roles], {
  description:
    'administrator: people and the server; regulator: supervises canteens; inspector: accepts them; assessor: judges them for a third party; ' +
    'installer: fits out canteens; operator: runs them; public: only what everyone may see',
});

export const Scope = Type.Union(
  [
    Type.Object({ kind: Type.Literal('all') }, closed),
    Type.Object(
      {
        kind: Type.Literal('districts'),
        districts: Type.Array(Type.String({ minLength: 1, maxLength: 80 }), { minItems: 1, maxItems: 200, uniqueItems: true }),
      },
      closed,
    ),
    Type.Object(
      { kind: Type.Literal('canteens'), canteens: Type.Array(Identifier, { minItems: 1, maxItems: 1000, uniqueItems: true }) },
      closed,
    ),
  ],
  { description: 'the canteens a role reaches: all, those of some districts, or some by their ids' },
);
export type Scope = Static<typeof Scope>;

export const Grant = Type.Object({ role: Role, scope: Scope }, { ...closed, description: 'one role, and what it is limited to' });
export type Grant = Static<typeof Grant>;

export const Grants = Type.Array(Grant, { minItems: 1, maxItems: 20, description: 'what somebody may do, and where' });

export const PersonName = Type.String({
  pattern: '^[\\p{L}\\p{N}]([\\p{L}\\p{N} ._@-]{0,38}[\\p{L}\\p{N}])?$',
  maxLength: 40,
  description:
    'what somebody signs in by: 1 to 40 letters of any script, digits, blanks, and . _ @ - in between; upper and lower case are the same',
});

/** Its rules are told by the server in a sentence; these bounds only keep it a text. */
export const Password = Type.String({ minLength: 1, maxLength: 200, description: 'a password' });

export const Code = Type.String({ pattern: '^[0-9]{6}$', description: 'the six digits an authenticator shows' });

/** Of a one-time link. */
export const LinkSecret = Type.String({ pattern: '^[\\w-]{43}$', description: 'what stands in the link after #' });

const NullableInstant = Type.Union([Instant, Type.Null()]);

export const Me = Type.Object(
  {
    name: Type.String(),
    grants: Grants,
    by: Type.Enum(['session', 'token'], { description: 'how whoever asks is known' }),
    secondFactor: Type.Boolean({ description: 'whether signing in asks for a code as well' }),
    passwordRule: Type.String({ description: 'what a password has to be, in a sentence' }),
  },
  { ...closed, description: 'Who is asking' },
);
export type Me = Static<typeof Me>;

export const Token = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    roles: Type.Array(Role, { description: 'at most these roles of its owner' }),
    createdAt: Instant,
    expiresAt: Instant,
    usedAt: NullableInstant,
  },
  { ...closed, description: 'An API token, without its secret' },
);
export type Token = Static<typeof Token>;

export const Person = Type.Object(
  {
    id: Type.String(),
    name: Type.String(),
    grants: Grants,
    state: Type.Enum(['invited', 'active', 'disabled'], { description: 'invited: has never signed in, and has no password yet' }),
    secondFactor: Type.Boolean(),
    createdAt: Instant,
    seenAt: NullableInstant,
  },
  { ...closed, description: 'Somebody who may sign in' },
);
export type Person = Static<typeof Person>;

export const Invitation = Type.Object(
  { path: Type.String({ description: 'of the one-time link on this server; it is shown once' }), expiresAt: Instant },
  { ...closed, description: 'A link by which somebody chooses a password, once' },
);
export type Invitation = Static<typeof Invitation>;
