/** A result as an HTTP answer: status, ETag, Last-Modified, Location and the body by preference. */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { etag } from '../interactions/etag.js';
import type { Context, Result } from '../interactions/interaction.js';
import { shapesOf } from '../r4/definitions/shapes.js';
import { prettyJson } from '../r4/json.js';
import { outcomeOfIssues, outcomeOfSuccess } from '../r4/outcome.js';
import { xmlOfJson } from '../r4/xml/write.js';
import { rawContent } from './binary.js';
import { asksForFhir, VARY, type Wanted } from './negotiation.js';
import type { Preferences } from './preferences.js';

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

export function sendResult(answer: Answer): FastifyReply {
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
  // What is only information would come with every answer.
  const warnings = result.issues?.filter(({ severity }) => severity !== 'information') ?? [];
  if (warnings.length > 0) {
    // RFC 9111 5.5: 199 is a miscellaneous warning. The findings themselves come by Prefer: return=OperationOutcome.
    reply.header('warning', `199 passerelle "${warnings.length} validation issue(s)"`);
  }
  if (result.status === 304 || result.status === 204) return reply.send();
  const isBinary = version?.type === 'Binary' && !answer.writes;
  if (isBinary && !asksForFhir(request.headers.accept, answer.format)) return sendRaw(answer);
  reply.header('content-type', `${form.mediaType}; charset=utf-8`);
  const text = bodyText(answer);
  if (text === '') return reply.send(text);
  if (form.isXml) return reply.send(xmlOfJson(text, shapesOf(context.services.definitions), form.pretty));
  return reply.send(form.pretty ? prettyJson(text) : text);
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

/** A document's own bytes. A browser must not run what somebody stored: no sniffing, no scripts. */
function sendRaw({ reply, result }: Answer): FastifyReply {
  if (result.version === undefined) throw new Error('raw content without a version');
  const { contentType, bytes, securityContext } = rawContent(result.version);
  if (securityContext !== undefined && /^[\x21-\x7e]+$/.test(securityContext)) {
    reply.header('x-security-context', securityContext);
  }
  return reply
    .header('content-type', /^[\x20-\x7e]+$/.test(contentType) ? contentType : 'application/octet-stream')
    .header('x-content-type-options', 'nosniff')
    .header('content-security-policy', "default-src 'none'; sandbox")
    .send(bytes);
}
