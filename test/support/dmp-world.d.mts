import type { DmpClient } from '../../src/dmp/client.js';
import type { DocumentHeader } from '../../src/dmp/document.js';
import type { Frozen } from '../../src/dmp/queue/job.js';
import type { Credential } from '../../src/dmp/signature/keys.js';
import type { Limits } from '../../src/dmp/soap/http.js';
import type { Contents } from '../../src/store/contents.js';

export interface Establishment {
  id: string;
  structure: string;
  certificate: string;
  key: string;
  pem: string;
}
export interface Description {
  uniqueId: string;
  setId: string;
  versionNumber: number;
  replaces?: string;
  ins: string;
  title: string;
  text: string;
  isBad?: boolean;
}
export const INS_DOMAIN: string;
export function oid(uuid?: string): string;
export function oidFrom(text: string): string;
export function insOf(n: number): string;
export function establishments(count: number): Establishment[];
export function signerOf(establishment: Establishment): Promise<Credential>;
export function clientOf(
  base: string,
  establishment: Establishment,
  signer: Credential,
  limits?: Partial<Limits>,
): DmpClient;
export function documentOf(description: Description): { header: DocumentHeader; content: Buffer; cda: Buffer };
export function freeze(contents: Contents, description: Description, signer: Credential): Promise<Frozen>;
