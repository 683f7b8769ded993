/** Whatever goes wrong, as an OperationOutcome: our own errors, the framework's and the socket's. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Logger } from 'pino';
import { storeError } from '../interactions/store-errors.js';
import type { Definitions } from '../r4/definitions/index.js';
import { shapesOf } from '../r4/definitions/shapes.js';
import { FhirError } from '../r4/errors.js';
import { nearMiss } from '../r4/near-miss.js';
import { outcomeOfError } from '../r4/outcome.js';
import { xmlOfJson } from '../r4/xml/write.js';
import { StoreUnavailable } from '../store/store.js';
import { FHIR_JSON, languageOf, VARY, type Wanted, wanted } from './negotiation.js';
import { BASE_PATH, methodsAt, RESERVED, unknownOperation } from './routes.js';

declare module 'fastify' {
  interface FastifyInstance {
    /** For errors in XML, which may come before any route. */
    definitions: Definitions;
  }
}

export interface Limits {
  body: number;
  url: number;
}

/** Seconds after which a client may try again. */
export const RETRY_AFTER = 1;

export function registerFailures(app: FastifyInstance, log: Logger, limits: Limits, types: ReadonlySet<string>): void {
  app.setErrorHandler((error: FastifyError, request, reply) =>
    sendError(known(error, request, limits, log), request, reply),
  );
  app.setNotFoundHandler((request, reply) => sendError(notFound(request, types), request, reply));
}

export function sendError(error: FhirError, request: FastifyRequest, reply: FastifyReply): FastifyReply {
  if (error.status === 503 || error.status === 507) reply.header('retry-after', RETRY_AFTER);
  // RFC 9110 15.5.6
  if (error.status === 405 && error.params.allowed !== undefined) reply.header('allow', String(error.params.allowed));
  // RFC 9110 15.5.2
  if (error.params.challenge !== undefined) reply.header('www-authenticate', String(error.params.challenge));
  // RFC 6585 4
  if (error.status === 429) reply.header('retry-after', String(error.params.seconds));
  const outcome = JSON.stringify(outcomeOfError(error, languageOf(request.headers['accept-language'])));
  const { mediaType, isXml } = formOf(request);
  return reply
    .code(error.status)
    .header('vary', VARY)
    .header('content-type', `${mediaType}; charset=utf-8`)
    .send(isXml ? xmlOfJson(outcome, shapesOf(request.server.definitions)) : outcome);
}

/** As asked; JSON where what is asked for is not served. */
function formOf(request: FastifyRequest): Wanted {
  try {
    const format = /[?&]_format=([^&]*)/.exec(request.url)?.[1];
    const named = format === undefined ? undefined : decodeURIComponent(format);
    return wanted(request.headers.accept, named, false);
  } catch {
    return { mediaType: FHIR_JSON, isXml: false, pretty: false };
  }
}

/** Any error as a row of the table. What is not foreseen is logged without its message, which may quote a resource. */
export function known(error: unknown, request: FastifyRequest, limits: Limits, log: Logger): FhirError {
  const told = storeError(error);
  if (told !== undefined) {
    if (error instanceof StoreUnavailable) log.warn({ request: request.id, error: error.message }, 'store unavailable');
    return told;
  }
  const framework = ofFramework(error as FastifyError, limits);
  if (framework !== undefined) return framework;
  const { name, stack } = error instanceof Error ? error : new Error('not an Error');
  const frames = stack?.split('\n').filter((line) => line.startsWith('    at '));
  log.error({ request: request.id, error: name, frames }, 'unexpected error');
  return new FhirError('internal', { request: request.id });
}

function ofFramework(error: FastifyError, limits: Limits): FhirError | undefined {
  switch (error.code) {
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new FhirError('too-large', { max: limits.body });
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new FhirError('unsupported-media-type', { valid: FHIR_JSON });
    case 'FST_ERR_CTP_INVALID_CONTENT_LENGTH':
    case 'FST_ERR_CTP_EMPTY_JSON_BODY':
      return new FhirError('bad-request');
    case 'FST_ERR_BAD_URL':
      return new FhirError('bad-url');
    case 'FST_ERR_MAX_PARAM_LENGTH':
      return new FhirError('url-too-long', { max: limits.url });
    case 'FST_CP_ERR_INVALID_CONTENT':
      return new FhirError('bad-encoding');
    case 'FST_CP_ERR_INVALID_CONTENT_ENCODING':
      return new FhirError('unsupported-encoding');
    default:
      return error.statusCode !== undefined && error.statusCode >= 400 && error.statusCode < 500
        ? new FhirError('bad-request')
        : undefined;
  }
}

function notFound(request: FastifyRequest, types: ReadonlySet<string>): FhirError {
  const path = request.url.split('?')[0] ?? '';
  if (path === BASE_PATH || path.startsWith(`${BASE_PATH}/`)) {
    const below = path.slice(BASE_PATH.length);
    const first = below.split('/')[1] ?? '';
    const allowed = methodsAt(below);
    if (allowed.length > 0 && (types.has(first) || RESERVED.has(first))) {
      const list = [...allowed, ...(allowed.includes('GET') ? ['HEAD'] : [])].join(', ');
      return new FhirError('method-not-allowed', { method: request.method, allowed: list });
    }
    const last = below.split('/').at(-1) ?? '';
    if (last.startsWith('$') && (types.has(first) || first === last)) return unknownOperation(last, below);
    if (first !== '' && !types.has(first) && /^[A-Z]/.test(first)) {
      return new FhirError('unknown-type', { type: first.slice(0, 64), near: nearMiss(first, types) });
    }
  }
  return new FhirError('no-such-route', { base: BASE_PATH });
}

/** Answers an `Expect` that is not `100-continue`, which Node keeps from the routes. */
export function onExpectation(_request: IncomingMessage, response: ServerResponse): void {
  const failure = new FhirError('bad-expectation');
  response.writeHead(failure.status, { 'content-type': `${FHIR_JSON}; charset=utf-8`, connection: 'close' });
  response.end(JSON.stringify(outcomeOfError(failure, 'en')));
}

/** Answers what never became a request: a broken head, one too large, one too slow. */
export function onClientError(error: NodeJS.ErrnoException, socket: Socket): void {
  if (error.code === 'ECONNRESET' || !socket.writable) {
    socket.destroy();
    return;
  }
  const key =
    error.code === 'HPE_HEADER_OVERFLOW'
      ? 'header-too-large'
      : error.code === 'ERR_HTTP_REQUEST_TIMEOUT'
        ? 'timeout'
        : 'bad-request';
  const failure = new FhirError(key);
  const body = JSON.stringify(outcomeOfError(failure, 'en'));
  socket.end(
    `HTTP/1.1 ${failure.status} ${STATUS_CODES[failure.status]}\r\nContent-Type: ${FHIR_JSON}; charset=utf-8\r\n` +
      `Content-Length: ${Buffer.byteLength(body)}\r\nConnection: close\r\n\r\n${body}`,
  );
}
