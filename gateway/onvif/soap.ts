// The SOAP envelope: what goes round a request, and what a device's answer means.
import type { FaultCode } from '#contract/fault-code.ts';
import { DeviceError, printable } from './device-error.ts';
import { type Markup, xml } from './markup.ts';
import { child, parseXml, textOf, type XmlNode } from './xml-node.ts';

/** The services spoken to, by the namespace a device announces them under. */
export const namespaces = {
  device: 'http://www.onvif.org/ver10/device/wsdl',
  media: 'http://www.onvif.org/ver10/media/wsdl',
  media2: 'http://www.onvif.org/ver20/media/wsdl',
  events: 'http://www.onvif.org/ver10/events/wsdl',
  recording: 'http://www.onvif.org/ver10/recording/wsdl',
  search: 'http://www.onvif.org/ver10/search/wsdl',
  replay: 'http://www.onvif.org/ver10/replay/wsdl',
  /** No service of its own: what is asked of a subscription, at the address it got. */
  subscription: 'http://docs.oasis-open.org/wsn/b-2',
} as const;
export type ServiceName = keyof typeof namespaces;

/** One operation of one service; `content` goes inside the operation's element, `tt:` stands for ONVIF's schema. */
export interface Operation {
  service: ServiceName;
  action: string;
  content?: Markup;
  /** Header elements, as what goes to a subscription needs them. */
  header?: Markup;
  /** Where its full name is not made of the service’s namespace and the action. */
  actionUri?: string;
  /** Accounts that may look mostly may not ask this: a refusal says nothing of the password. */
  privileged?: true;
}

/** The whole request as text. */
export function envelope({ service, action, content, header: ownHeader }: Operation, token?: Markup): string {
  // Actions are plain words of ours, the one thing here that need not be escaped.
  const open = { xml: `<${action} xmlns="${namespaces[service]}" xmlns:tt="http://www.onvif.org/ver10/schema">` };
  const close = { xml: `</${action}>` };
  const header = (token ?? ownHeader) ? xml`<s:Header>${ownHeader}${token}</s:Header>` : undefined;
  return `<?xml version="1.0" encoding="UTF-8"?>${xml`<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">${header}<s:Body>${open}${content}${close}</s:Body></s:Envelope>`.xml}`;
}

export function contentType({ service, action, actionUri = `${namespaces[service]}/${action}` }: Operation): string {
  return `application/soap+xml; charset=utf-8; action="${actionUri}"`;
}

/** What came back over HTTP. */
export interface Reply {
  status: number;
  contentType: string;
  body: Buffer;
}

/**
 * The element `<action>Response` of an answer. Throws DeviceError: with the device's own fault as a code, or with what is wrong with the
 * answer. A fault counts whatever the HTTP status is: devices send faults with 200, 400, 401 and 500.
 */
export function readReply(reply: Reply, { action }: Operation): XmlNode {
  const root = reply.status === 200 ? parseXml(decode(reply)) : parseIfSoap(reply);
  const body = child(root, 'Body');
  const fault = child(body, 'Fault');
  if (fault !== undefined) throw readFault(fault, action);
  if (reply.status !== 200) throw fromStatus(reply.status, action);
  const response = child(body, `${action}Response`);
  if (response !== undefined) return response;
  const found = body?.children[0]?.name ?? root?.name ?? 'nothing';
  throw new DeviceError('malformed', `${action}: the answer holds ${printable(found)} where ${action}Response belongs`);
}

/** Chinese devices write names in their old encodings, and mostly say so. */
function decode({ body, contentType: type }: Reply): string {
  const wide = body.length < 2 ? undefined : byteOrderMarks.get(body.readUInt16BE(0));
  const written = /encoding\s*=\s*["']([\w-]+)/i.exec(body.subarray(0, 200).toString('latin1'))?.[1];
  // What could be read byte by byte is not UTF-16, whatever it says.
  const declared = written?.replace(/^utf-?16.*/i, 'utf-8') ?? /charset\s*=\s*"?([\w-]+)/i.exec(type)?.[1];
  return decodeAs(wide ?? declared ?? 'utf-8', body);
}

const byteOrderMarks = new Map([
  [0xfffe, 'utf-16le'],
  [0xfeff, 'utf-16be'],
]);

function decodeAs(label: string, body: Buffer): string {
  try {
    return new TextDecoder(/^(gb2312|gbk)$/i.test(label) ? 'gb18030' : label).decode(body);
  } catch {
    // No encoding anyone knows.
    return new TextDecoder().decode(body);
  }
}

function parseIfSoap(reply: Reply): XmlNode | undefined {
  try {
    return parseXml(decode(reply));
  } catch {
    // An error page: the status says all there is to know.
    return undefined;
  }
}

function readFault(fault: XmlNode, action: string): DeviceError {
  const codes = faultCodes(fault);
  const reason = textOf(fault, 'Reason', 'Text') ?? textOf(fault, 'faultstring') ?? 'no reason given';
  return new DeviceError(
    meaning(codes, reason),
    `${action}: the device answered ${codes.map((code) => printable(code, 60)).join('/')}: ${printable(reason)}`,
  );
}

/** SOAP 1.2 nests Code/Subcode/Subcode; SOAP 1.1, which some devices slip into for faults, has one faultcode. */
function faultCodes(fault: XmlNode): string[] {
  const codes: string[] = [];
  for (let at = child(fault, 'Code'); at !== undefined && codes.length < 8; at = child(at, 'Subcode')) {
    const value = textOf(at, 'Value');
    if (value !== undefined) codes.push(value);
  }
  const old = textOf(fault, 'faultcode');
  return old === undefined ? codes : [...codes, old];
}

/** In this order: a locked account is often also "not authorized". */
const meanings: [FaultCode, RegExp][] = [
  ['locked', /\block(ed|out)?\b|accountlocked|too many (failed|wrong)/i],
  [
    'credentials-refused',
    /NotAuthorized|FailedAuthentication|FailedCheck|InvalidSecurity|Sender not Authorized|authority failure|time check failed/i,
  ],
  ['busy', /ResourceProblem|MaxSessions|too many (sessions|connections)|device is busy/i],
  [
    'not-supported',
    /ActionNotSupported|OptionalActionNotImplemented|NotSupported|NotImplemented|NoSuchService|UnknownAction|not implemented/i,
  ],
];

function meaning(codes: string[], reason: string): FaultCode {
  const text = [...codes, reason].join(' ');
  return meanings.find(([, pattern]) => pattern.test(text))?.[0] ?? 'soap-fault';
}

function fromStatus(status: number, action: string): DeviceError {
  const as = (fault: FaultCode, why: string) => new DeviceError(fault, `${action}: HTTP ${status}, ${why}`);
  if (status === 401 || status === 403) return as('credentials-refused', 'user name or password not accepted');
  if (status === 423) return as('locked', 'the account is locked');
  if (status === 503 || status === 429) return as('busy', 'the device has no session left');
  return as('http-error', 'neither success nor a SOAP fault');
}
