// WS-Security UsernameToken with a password digest: what ONVIF devices without HTTP digest ask for.
import { createHash, randomBytes } from 'node:crypto';
import type { Credentials } from './http-digest.ts';
import { type Markup, xml } from './markup.ts';

const security = 'http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss';

/** The header element. `created` is the device's own time: a token seconds off its clock is refused. */
export function usernameToken({ username, password }: Credentials, created: Date, nonce: Buffer = randomBytes(16)): Markup {
  const instant = created.toISOString();
  const digest = createHash('sha1').update(nonce).update(instant).update(password).digest('base64');
  return xml`<wsse:Security xmlns:wsse="${security}-wssecurity-secext-1.0.xsd" xmlns:wsu="${security}-wssecurity-utility-1.0.xsd" s:mustUnderstand="1"><wsse:UsernameToken><wsse:Username>${username}</wsse:Username><wsse:Password Type="${security}-username-token-profile-1.0#PasswordDigest">${digest}</wsse:Password><wsse:Nonce EncodingType="${security}-soap-message-security-1.0#Base64Binary">${nonce.toString('base64')}</wsse:Nonce><wsu:Created>${instant}</wsu:Created></wsse:UsernameToken></wsse:Security>`;
}
