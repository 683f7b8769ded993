/** A result as an HTTP answer: status, ETag, Last-Modified, Location and the body by preference. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { etag } from '../interactions/etag.js';
import type { Context, Result } from '../interactions/interaction.js';
import { shapesOf } from '../r4/definitions/shapes.js';
import type { Issue } from '../r4/errors.js';
import { prettyJson } from '../r4/json.js';
import { outcomeOfIssues, outcomeOfSuccess } from '../r4/outcome.js';
import { xmlOfJson } from '../r4/xml/write.js';
import { contentOf } from '../store/contents.js';
import { sendRaw } from './binary.js';
import { asksForFhir, VARY, type Wanted } from './negotiation.js';
import type { Preferences } from './preferences.js';
import { withContents } from './with-contents.js';

export interface Answer {
  request: FastifyRequest;
  reply: FastifyReply;
  result: Result;
  context: Context;
  prefer: Preferences;
  form: Wanted;
  format: string | undefined;
  /** `Prefer: return` counts only for interactions that write. */
  writes: boolean;
}

export async function sendResult(answer: Answer): Promise<FastifyReply> {
  const { request, reply, result, context, form } = answer;
  const { version } = result;
  reply.code(result.status).header('vary', VARY);
  if (version !== undefined) {
    // https://hl7.org/fhir/R4/http.html#versioning
    reply.header('etag', etag(version)).header('last-modified', new Date(version.lastUpdated).toUTCString());
    if (result.located === true) {
      reply.header('location', `${context.baseUrl}/${version.type}/${version.id}/_history/${version.version}`);
    }
  }
  if (result.contentLocation !== undefined) reply.header('content-location', result.contentLocation);
  const warnings = warningsOf(result);
  if (warnings.length > 0) reply.header('warning', warnings.join(', '));
  if (result.status === 304 || result.status === 204) return reply.send();
  const isBinary = version?.type === 'Binary' && !answer.writes;
  const { contents } = context.services.store;
  if (isBinary && !asksForFhir(request.headers.accept, answer.format)) {
    return await sendRaw(reply, version, rangeOf(answer), contents);
  }
  reply.header('content-type', `${form.mediaType}; charset=utf-8`);
  const text = bodyText(answer);
  if (text === '') return reply.send(text);
  const render = (json: string): string => {
    if (form.isXml) return xmlOfJson(json, shapesOf(context.services.definitions), form.pretty);
    return form.pretty ? prettyJson(json) : json;
  };
  return reply.send(contentOf(text) === undefined ? render(text) : await withContents(text, render, contents));
}

/** If-Range holds for the version that is there. The bytes of a version never change, so that its weak tag will do. */
function rangeOf({ request, result }: Answer): string | undefined {
  const { range, 'if-range': condition } = request.headers;
  if (condition === undefined || result.version === undefined) return range;
  const isSame = condition === etag(result.version) || condition === `"${result.version.version}"`;
  return isSame || condition === new Date(result.version.lastUpdated).toUTCString() ? range : undefined;
}

/** RFC 9111 5.5. The findings themselves come by Prefer: return=OperationOutcome. */
function warningsOf({ issues = [] }: Result): string[] {
  const isDuplicate = ({ key }: Issue) => key === 'possible-duplicate';
  // What is only information would come with every answer.
  const isOfDmp = ({ key }: Issue) => key.startsWith('dmp-');
  const count = issues.filter(
    (issue) => issue.severity !== 'information' && !isDuplicate(issue) && !isOfDmp(issue),
  ).length;
  const ofDmp = issues.filter(isOfDmp).map(({ key, expression }) => `${expression} ${key}`);
  const duplicates = issues.filter(isDuplicate).map(({ params }) => `Patient/${params.id}`);
  return [
    ...(count > 0 ? [`199 passerelle "${count} validation issue(s)"`] : []),
    ...(ofDmp.length > 0 ? [`299 passerelle "DMP: ${ofDmp.join(', ').slice(0, 1000)}"`] : []),
    ...(duplicates.length > 0 ? [`299 passerelle "possible duplicate of ${duplicates.join(', ')}"`] : []),
  ];
}

function bodyText({ result, prefer, writes, context }: Answer): string {
  const text = result.text ?? result.version?.text ?? '';
  if (!writes) return text;
  if (prefer.return === 'minimal') return '';
  if (prefer.return === 'representation') return text;
  const issues = result.issues ?? [];
  const done = result.status === 201 ? 'created' : 'done';
  return JSON.stringify(issues.length > 0 ? outcomeOfIssues(issues, context.language) : outcomeOfSuccess(done));
}
