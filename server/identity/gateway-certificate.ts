// Which canteen's gateway a certificate names.
import type { X509Certificate } from 'node:crypto';

const prefix = 'urn:mingzao:canteen:';
const named = new RegExp(`^URI:${prefix}([a-z0-9][a-z0-9-]{0,63})$`);

/** Stands in the certificate beside its common name, so that no other certificate of the authority can be taken for a gateway's. */
export function canteenUri(canteen: string): string {
  return `${prefix}${canteen}`;
}

/** Undefined for a certificate that is no gateway's. Whether it is valid is not looked at. */
export function canteenNamed({ subjectAltName }: Pick<X509Certificate, 'subjectAltName'>): string | undefined {
  const [, canteen] = named.exec(subjectAltName ?? '') ?? [];
  return canteen;
}
