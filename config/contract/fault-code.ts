// Why something could not be seen, or is not as it should be: one stable code each.
import { type Static, Type } from 'typebox';

/**
 * Why an outcome is not `ok`. The first group is about reaching a device at all, the second about what it showed.
 * A code is stable: pages, rules and other people's programs match on it.
 */
export const FaultCode = Type.Enum([
  'no-answer', // nothing came back before the deadline
  'refused', // the address answers, but the port is closed
  'unreachable', // the network has no way to the address, or its name does not resolve
  'too-slow', // bytes came, but not all of them before the deadline
  'too-large', // more bytes than an answer may have
  'truncated', // the connection ended inside the answer
  'malformed', // the answer is not what the protocol allows
  'redirected', // the device sent us to another address, which is never followed
  'http-error', // an HTTP status that is neither success nor a SOAP fault
  'soap-fault', // the device answered with a fault of its own
  'credentials-refused', // user name or password wrong
  'locked', // the account is locked, by too many wrong passwords
  'busy', // the device has no session left for us
  'not-supported', // the device does not offer the service
  'wrong-device', // another device answers at this address
  'certificate', // the device's TLS certificate is not the expected one
  'device-unreachable', // not looked at, because the device itself does not answer
  'no-stream', // no media profile, or the device gives no stream address
  'does-not-decode', // packets come, but no whole picture can be decoded
  'undated', // footage plays, and nothing says of when it is
  'stalled', // the stream opens, but no packets come
  'black', // the picture is black
  'tampered', // the camera itself says that it was covered, turned, blurred or cut off
  'covered', // something stands before the lens, or it is fogged or dazzled
  'frozen', // the picture stands still, though the stream goes on
  'moved', // the camera no longer shows what it was commissioned to
  'blurred', // the picture is out of focus, or the lens greasy
  'colour-cast', // the colours are wrong
  'closed', // dark outside the opening hours: not judged
  'no-recordings', // the recorder answers that it keeps nothing
  'disk-fault', // a disk of the recorder is broken, or is not there any more
  'disk-too-small', // the disk is sound, and has no room for the days that are to be kept
  'incomplete', // the recorder's answer was cut short or never declared complete
  'internal', // a fault of the gateway itself
]);
export type FaultCode = Static<typeof FaultCode>;
