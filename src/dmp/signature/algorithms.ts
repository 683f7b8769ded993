/** Names of XML signatures. https://www.w3.org/TR/xmldsig-core1/ */
export const DSIG = 'http://www.w3.org/2000/09/xmldsig#';
export const EXCLUSIVE = 'http://www.w3.org/2001/10/xml-exc-c14n#';
export const ENVELOPED = `${DSIG}enveloped-signature`;

/** What the DMP takes is not public; SHA-1 is in samples of 2019 only. */
export type Hash = 'sha256' | 'sha512' | 'sha1';
export const DEFAULT_HASH: Hash = 'sha256';

export const SIGNATURE: Readonly<Record<Hash, string>> = {
  sha256: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha256',
  sha512: 'http://www.w3.org/2001/04/xmldsig-more#rsa-sha512',
  sha1: `${DSIG}rsa-sha1`,
};
export const DIGEST: Readonly<Record<Hash, string>> = {
  sha256: 'http://www.w3.org/2001/04/xmlenc#sha256',
  sha512: 'http://www.w3.org/2001/04/xmlenc#sha512',
  sha1: `${DSIG}sha1`,
};
