// ONVIF's user management, as far as it tells what our own account may do.
import type { AccountMeasured } from '#contract/camera-measured.ts';
import { readIdentity } from './device.ts';
import { DeviceError } from './device-error.ts';
import type { OnvifSession } from './session.ts';
import { children, textOf } from './xml-node.ts';

/**
 * Mostly only an administrator may ask who the users are, so an answer to that is itself a hint. Throws DeviceError, `not-supported` where
 * the device does not tell us.
 */
export async function readAccount(session: OnvifSession, options: { signal: AbortSignal }): Promise<AccountMeasured> {
  const username = session.credentials?.username;
  if (username === undefined) throw new DeviceError('not-supported', 'no account is configured');
  // A password the device was not yet seen to take is not first tried on what it may well refuse to anybody.
  if (!session.account.taken()) await readIdentity(session, options);
  if (!session.account.taken()) throw new DeviceError('not-supported', 'the device lets everybody in');
  const users = children(await session.call({ service: 'device', action: 'GetUsers', privileged: true }, options), 'User');
  const own = users.find((user) => textOf(user, 'Username') === username);
  if (own === undefined) throw new DeviceError('not-supported', 'the device does not list our account among its users');
  const level = levels.get(textOf(own, 'UserLevel')?.toLowerCase() ?? '') ?? 'other';
  return { level, mayDelete: level === 'administrator' };
}

const levels = new Map<string, AccountMeasured['level']>([
  ['administrator', 'administrator'],
  ['operator', 'operator'],
  ['user', 'user'],
]);
