/** What is answered to the entries of a batch or transaction. https://hl7.org/fhir/R4/http.html#transaction-response */
import { STATUS_CODES } from 'node:http';
import type { FhirError } from '../r4/errors.js';
import { outcomeOfError, outcomeOfIssues } from '../r4/outcome.js';
import { type Entry, entryIssues } from './entries.js';
import { etag } from './etag.js';
import type { Context, Result } from './interaction.js';

/** One entry as JSON text. */
export function entryResponse({ method, index }: Entry, result: Result, context: Context): string {
  const { baseUrl, language, returns } = context;
  const { version, status, issues = [] } = result;
  const place = version === undefined ? '' : `${baseUrl}/${version.type}/${version.id}`;
  const asks = method === 'GET' || (method === 'POST' && result.text !== undefined);
  const shown = asks || (returns === 'representation' && status !== 204);
  const text = shown && status !== 304 ? (result.text ?? version?.text ?? '') : '';
  const response = {
    status: statusText(status),
    ...(version !== undefined && result.located === true && { location: `${place}/_history/${version.version}` }),
    ...(version !== undefined && { etag: etag(version), lastModified: new Date(version.lastUpdated).toISOString() }),
    ...(issues.length > 0 &&
      (returns === 'OperationOutcome' || issues.some(({ severity }) => severity !== 'information')) && {
        outcome: outcomeOfIssues(entryIssues(issues, index), language),
      }),
  };
  const fullUrl = text === '' || place === '' ? '' : `"fullUrl":"${place}",`;
  return `{${fullUrl}${text === '' ? '' : `"resource":${text},`}"response":${JSON.stringify(response)}}`;
}

/** Of an entry of a batch that failed. */
export function failureResponse(error: FhirError, context: Context): string {
  const response = { status: statusText(error.status), outcome: outcomeOfError(error, context.language) };
  return `{"response":${JSON.stringify(response)}}`;
}

const statusText = (status: number): string => `${status} ${STATUS_CODES[status] ?? ''}`.trim();

export function responseBundle(type: 'batch-response' | 'transaction-response', entries: readonly string[]): string {
  return `{"resourceType":"Bundle","type":"${type}"${entries.length === 0 ? '' : `,"entry":[${entries.join(',')}]`}}`;
}
