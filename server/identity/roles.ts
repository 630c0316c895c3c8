// Who may do what: every role, and every right with the roles that have it. Each route names one of these rights as its `who`.
import { Role, roles } from '#contract/people.ts';

export { Role };

/** `everyone`: also somebody who is not signed in. */
export type Who = 'everyone' | readonly Role[];

/** Whoever looks after canteens sees those in the scope of the role, and no others. */
const watchers = ['administrator', 'regulator', 'inspector', 'assessor', 'installer', 'operator'] as const;

export const may = {
  /** Pages without what they show, the description of the interface, whether the server is alive, and signing in. */
  ask: 'everyone',
  /** The short public list: each canteen’s name, district and verdict, and since when. */
  seePublicList: 'everyone',
  /** Canteens, gaps, evidence, history, measured numbers and live changes, and the standard they are judged by. */
  watch: watchers,
  /** One’s own password, second factor and tokens. */
  keepOwnAccount: roles,
  /** People, their roles and invitations. */
  managePeople: ['administrator'],
  /** Who did what, when and from where. */
  readAudit: ['administrator'],
  /** Canteens, the certificates of their gateways, and claim codes for canteens in the scope of the role. */
  askClaimCodes: ['administrator', 'installer'],
  /** Taking canteens on and withdrawing them, and revoking certificates. */
  enrolGateways: ['administrator'],
  /** How the server is in figures, and the messages it had to refuse, which may hold anything. */
  operate: ['administrator'],
} as const satisfies Record<string, Who>;

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Who may call the route. One that does not say so keeps the server from starting. */
    who?: Who;
  }
}
