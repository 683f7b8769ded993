/** An Attachment against the bytes that it speaks of: size, SHA-1, content type. https://hl7.org/fhir/R4/datatypes.html#Attachment */
import type { Issue } from '../r4/errors.js';
import type { ContentFacts } from '../store/contents.js';
import { contradiction, plainType } from './content-type.js';
import { isObject, itemsOf, type Json } from './profiles.js';

/** Bytes as they were found. */
export interface Found {
  facts: ContentFacts;
  head: Buffer;
  /** All of them, where they came with the request. */
  bytes?: Buffer;
  /** What the Binary around them says that they are. */
  contentType?: string;
}

/** What is wrong; `expression` leads to the attachment. What it does not say is not missed: profiles ask for it. */
export function attachmentIssues(attachment: Json, { facts, head, contentType }: Found, expression: string): Issue[] {
  const issues: Issue[] = [];
  const tell = (key: Issue['key'], member: string, params: Issue['params']) =>
    issues.push({ severity: 'error', key, params, expression: `${expression}.${member}` });
  const { size, hash, contentType: declared } = attachment;
  if (facts.size === 0) tell('document-empty', 'url', {});
  if (size !== undefined && size !== facts.size) tell('document-size', 'size', { size: facts.size });
  if (hash !== undefined && hash !== facts.sha1) tell('document-hash', 'hash', { hash: facts.sha1 });
  if (typeof declared !== 'string') return issues;
  if (contentType !== undefined && plainType(contentType) !== plainType(declared)) {
    tell('document-binary-type', 'contentType', { type: plainType(contentType).slice(0, 100) });
  }
  const format = facts.size === 0 ? undefined : contradiction(declared, head);
  if (format !== undefined) tell('document-type', 'contentType', { type: plainType(declared).slice(0, 100), format });
  return issues;
}

/** The attachments of a DocumentReference, each with the path to it. */
export function attachmentsOf({ content }: Json): { attachment: Json; path: string }[] {
  return itemsOf(content).map(({ attachment }, i) => ({
    attachment: isObject(attachment) ? attachment : {},
    path: `content[${i}].attachment`,
  }));
}
