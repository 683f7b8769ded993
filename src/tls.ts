/** HTTPS of our own, and whether clients may show a certificate. https://www.rfc-editor.org/rfc/rfc9325 */
import { createSecureContext, type TlsOptions } from 'node:tls';
import { BadFile, textOf } from './access/text-file.js';
import { type Settings, WrongSetting } from './config.js';

/** undefined without TLS_KEY. Throws WrongSetting for files that cannot be read or do not belong together. */
export function tlsOptions({ TLS_KEY, TLS_CERT, TLS_CLIENT_CA }: Settings): TlsOptions | undefined {
  if ((TLS_KEY === '') !== (TLS_CERT === '')) throw new WrongSetting('TLS_KEY and TLS_CERT go together.');
  if (TLS_KEY === '') return undefined;
  try {
    const ca = TLS_CLIENT_CA === '' ? {} : { ca: textOf(TLS_CLIENT_CA) };
    const options = { key: textOf(TLS_KEY), cert: textOf(TLS_CERT), ...ca, minVersion: 'TLSv1.2' as const };
    createSecureContext(options);
    // Who brings a token needs no certificate: what one proves is asked for by the request.
    return { ...options, requestCert: TLS_CLIENT_CA !== '', rejectUnauthorized: false };
  } catch (error) {
    if (error instanceof BadFile) throw new WrongSetting(`${error.message}.`);
    throw new WrongSetting(`TLS_KEY and TLS_CERT cannot be used (${(error as NodeJS.ErrnoException).code}).`);
  }
}

/** How this server itself is called. */
export const schemeOf = ({ TLS_KEY }: Settings): string => (TLS_KEY === '' ? 'http' : 'https');
