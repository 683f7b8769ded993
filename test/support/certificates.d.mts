import type { pki } from 'node-forge';

export interface Certified {
  key: pki.rsa.PrivateKey;
  certificate: pki.Certificate;
  keyPem: string;
  certificatePem: string;
}
export function certify(
  name: string,
  options?: { issuer?: Certified; from?: number; to?: number; isAuthority?: boolean; hosts?: string[] },
): Certified;
export function pkcs12(
  from: Certified,
  passphrase: string,
  options?: { above?: Certified[]; algorithm?: 'aes256' | '3des' },
): Buffer;
export function encrypted(from: Certified, passphrase: string): string;
export function folder(): (name: string, content: string | Buffer) => string;
