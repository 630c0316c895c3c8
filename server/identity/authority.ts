// The certificate authority of this installation: it says who is a server of it and which gateway is whose, and nobody else can say so.
import 'reflect-metadata'; // the certificate library will not load without it
import { hkdfSync, type KeyObject, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  AuthorityKeyIdentifierExtension,
  BasicConstraintsExtension,
  ExtendedKeyUsage,
  ExtendedKeyUsageExtension,
  type Extension,
  KeyUsageFlags,
  KeyUsagesExtension,
  PemConverter,
  X509Certificate as ReadCertificate,
  SubjectAlternativeNameExtension,
  SubjectKeyIdentifierExtension,
  X509CertificateGenerator,
  X509Crl,
  X509CrlGenerator,
  X509CrlReason,
} from '@peculiar/x509';
import { ServerError } from '../errors.ts';
import { keepAuthority } from './authority-files.ts';
import { requestedKey } from './certificate-request.ts';
import { canteenUri } from './gateway-certificate.ts';
import { makeSigningKey } from './signing-key.ts';

export interface Issued {
  /** PEM; of a server with the authority's own behind it. */
  certificate: string;
  /** Hex, upper case, as openssl prints it. */
  serial: string;
  /** SHA-256, as `Authority.fingerprint`. */
  fingerprint: string;
  /** Milliseconds since 1970. */
  notBefore: number;
  notAfter: number;
}

export interface Revoked {
  /** As `Issued.serial`. */
  serial: string;
  /** Milliseconds since 1970. */
  at: number;
}

export interface Authority {
  /** Its own certificate, PEM. */
  readonly certificate: string;
  /** SHA-256 of its own certificate: 32 pairs of upper-case hex digits with colons between them, as openssl prints it. */
  readonly fingerprint: string;
  /** 32 bytes that whoever has the authority's key can make again, and nobody else. */
  secretFor(purpose: string): Buffer;
  /**
   * A certificate for the gateway of exactly this canteen. Of `request` (PKCS #10, PEM) only the key counts: the names it asks for are passed over.
   * Throws ServerError `invalid-request` where it is none, is not signed by its own key, or its key is of a weak kind.
   */
  issueGateway(about: { canteen: string; request: string; days: number }): Promise<Issued>;
  /** A key (PEM) and its certificate, for a server that is reached under these host names and addresses. */
  issueServer(about: { names: string[]; days: number }): Promise<Issued & { key: string }>;
  /** What brokers outside have to refuse, PEM. */
  revocationList(revoked: Revoked[]): Promise<string>;
  /** What such a list holds. Throws ServerError `authority-unusable`. */
  readRevocationList(list: string): Revoked[];
}

const dayMs = 86_400_000;
const ownDays = 7300;
/** How far a gateway's clock may be behind ours before it takes a new certificate for one of the future; of a short life a tenth. */
const backdatedMs = 3_600_000;
const listValidMs = 30 * dayMs;
/** RFC 5280, upper bound of a common name. */
const commonNameMax = 64;
const ecdsa = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };

/** Reads the authority kept in `folder`; where there is none, makes one. Throws ServerError `authority-unusable`. */
export async function openAuthority({ folder, now }: { folder: string; now: () => number }): Promise<Authority> {
  const { key, certificate } = await keepAuthority(folder, (made) => makeOwnCertificate(made, now()));
  const own = new ReadCertificate(certificate);
  const { fingerprint256: fingerprint, validTo } = new X509Certificate(certificate);
  const signing = { signingKey: key.toCryptoKey(ecdsa, false, ['sign']), signingAlgorithm: ecdsa, issuer: own.subjectName };

  const issue = async (about: { subject: string; publicKey: Buffer; days: number; extensions: Extension[] }): Promise<Issued> => {
    const made = await X509CertificateGenerator.create({
      ...signing,
      serialNumber: newSerial(),
      subject: [{ O: ['Mingzao'] }, { CN: [about.subject] }],
      notBefore: new Date(now() - Math.min(backdatedMs, (about.days * dayMs) / 10)),
      notAfter: new Date(Math.min(now() + about.days * dayMs, Date.parse(validTo))),
      publicKey: about.publicKey,
      extensions: [
        new BasicConstraintsExtension(false, undefined, true),
        new KeyUsagesExtension(KeyUsageFlags.digitalSignature, true),
        await AuthorityKeyIdentifierExtension.create(own),
        ...about.extensions,
      ],
    });
    return describeCertificate(`${made.toString('pem')}\n`);
  };

  return {
    certificate,
    fingerprint,
    secretFor: (purpose) => Buffer.from(hkdfSync('sha256', key.export({ type: 'pkcs8', format: 'der' }), '', `mingzao ${purpose}`, 32)),
    issueGateway: async ({ canteen, request, days }) =>
      issue({
        subject: canteen,
        publicKey: await requestedKey(request),
        days,
        extensions: [
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.clientAuth]),
          new SubjectAlternativeNameExtension([{ type: 'url', value: canteenUri(canteen) }]),
        ],
      }),
    issueServer: async ({ names, days }) => {
      const pair = await makeSigningKey();
      const issued = await issue({
        subject: (names[0] ?? 'server').slice(0, commonNameMax),
        publicKey: pair.publicKey.export({ type: 'spki', format: 'der' }),
        days,
        extensions: [
          new ExtendedKeyUsageExtension([ExtendedKeyUsage.serverAuth]),
          new SubjectAlternativeNameExtension(names.map((value) => ({ type: isIP(value) === 0 ? 'dns' : 'ip', value }))),
        ],
      });
      return {
        ...issued,
        certificate: issued.certificate + certificate,
        key: pair.privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
      };
    },
    revocationList: async (revoked) => {
      const list = await X509CrlGenerator.create({
        ...signing,
        thisUpdate: new Date(now() - backdatedMs),
        nextUpdate: new Date(now() + listValidMs),
        entries: revoked.map(({ serial, at }) => ({
          serialNumber: serial,
          revocationDate: new Date(at),
          reason: X509CrlReason.privilegeWithdrawn,
        })),
      });
      // The library's own label is one that openssl does not know.
      return `${PemConverter.encode(list.rawData, 'X509 CRL')}\n`;
    },
    readRevocationList: (list) => {
      try {
        return new X509Crl(list).entries.map(({ serialNumber, revocationDate }) => ({
          serial: serialNumber.toUpperCase(),
          at: revocationDate.getTime(),
        }));
      } catch (cause) {
        throw new ServerError('authority-unusable', `the revocation list in ${folder} is damaged; move it away, and it is made anew`, {
          cause,
        });
      }
    },
  };
}

/** What is written down of a certificate (PEM). */
export function describeCertificate(certificate: string): Issued {
  const { serialNumber: serial, fingerprint256: fingerprint, validFrom, validTo } = new X509Certificate(certificate);
  return { certificate, serial, fingerprint, notBefore: Date.parse(validFrom), notAfter: Date.parse(validTo) };
}

async function makeOwnCertificate(key: { privateKey: KeyObject; publicKey: KeyObject }, at: number): Promise<string> {
  const keys = {
    privateKey: key.privateKey.toCryptoKey(ecdsa, false, ['sign']),
    publicKey: key.publicKey.toCryptoKey(ecdsa, true, ['verify']),
  };
  const own = await X509CertificateGenerator.createSelfSigned({
    keys,
    serialNumber: newSerial(),
    // The digits tell two installations apart in whatever lists certificates.
    name: [{ O: ['Mingzao'] }, { CN: [`Mingzao authority ${randomBytes(4).toString('hex')}`] }],
    notBefore: new Date(at - backdatedMs),
    notAfter: new Date(at + ownDays * dayMs),
    signingAlgorithm: ecdsa,
    extensions: [
      new BasicConstraintsExtension(true, 0, true),
      new KeyUsagesExtension(KeyUsageFlags.keyCertSign | KeyUsageFlags.cRLSign, true),
      await SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return `${own.toString('pem')}\n`;
}

/** Positive and never nought, as RFC 5280 wants it. */
function newSerial(): string {
  const bytes = randomBytes(16);
  bytes[0] = ((bytes[0] ?? 0) & 0x7f) | 0x40;
  return bytes.toString('hex');
}
