/** One route for each registered interaction: HTTP in, interaction, HTTP out. https://hl7.org/fhir/R4/http.html */
import { Readable } from 'node:stream';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { DOCUMENT_INTERACTIONS, isProvided, otherTransaction, provideDocumentBundle } from '../documents/index.js';
import { batch } from '../interactions/batch.js';
import { INTERACTIONS } from '../interactions/index.js';
import type { Context, Interaction, InteractionRequest, Result, Services } from '../interactions/interaction.js';
import { JSON_PATCH, XML_PATCH } from '../interactions/patch.js';
import { transaction } from '../interactions/transaction.js';
import { OPERATIONS } from '../operations/index.js';
import { shapesOf } from '../r4/definitions/shapes.js';
import { FhirError } from '../r4/errors.js';
import { decodeUtf8, parseObject, type ScannedObject } from '../r4/json.js';
import { nearMiss } from '../r4/near-miss.js';
import { headText, pairsOf } from '../search/query-string.js';
import { sendResult } from './answer.js';
import { binaryOf, FHIR_TYPES, isRawBody, takeRaw } from './binary.js';
import { asksForFhir, bodyForm, languageOf, parseMediaType, wanted } from './negotiation.js';
import { preferences } from './preferences.js';
import { seenServices } from './seen-services.js';
import { traced } from './traced.js';

export const BASE_PATH = '/fhir';
/** What has routes. */
export const ROUTED: readonly Interaction[] = [...INTERACTIONS, ...OPERATIONS, ...DOCUMENT_INTERACTIONS];

interface PathParameters {
  type?: string;
  id?: string;
  vid?: string;
  member?: string;
}

/** What is found out about a request before its interaction runs. */
export interface Asked {
  /** Of the tenant that it is about. */
  services(request: FastifyRequest): Services;
  /** The FHIR base as the client knows it. */
  baseUrl(request: FastifyRequest): string;
}

export function registerRoutes(app: FastifyInstance, asked: Asked): void {
  for (const interaction of ROUTED) {
    if (interaction.path === '/' || takesRaw(interaction)) continue;
    app.route({
      method: interaction.method,
      url: BASE_PATH + interaction.path,
      handler: handler(interaction, asked),
    });
  }
  app.register(async (raw) => registerRaw(raw, asked));
  // Who opens the base in a browser sees what the server can do; with parameters it is a search.
  const [statement, search] = ['capabilities', 'search-system'].map((code) => {
    const found = INTERACTIONS.find((one) => one.code === code && one.method === 'GET');
    return found === undefined ? undefined : handler(found, asked);
  });
  app.route({
    method: 'GET',
    url: BASE_PATH,
    handler: (request, reply) => {
      const isSearch = pairsOf(request.query as string).some(([name]) => name !== '_format' && name !== '_pretty');
      return (isSearch ? search : statement)?.(request, reply);
    },
  });
  app.route({ method: 'POST', url: BASE_PATH, handler: handler(POSTED, asked) });
}

/** How Binary is written: bytes are left to the handler as they arrive, where all other bodies are read before. */
const takesRaw = ({ type, method }: Interaction): boolean =>
  type === 'Binary' && (method === 'POST' || method === 'PUT');

function registerRaw(app: FastifyInstance, asked: Asked): void {
  app.removeAllContentTypeParsers();
  app.addContentTypeParser(FHIR_TYPES, { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.addContentTypeParser('*', (_request, body, done) => done(null, body));
  for (const interaction of ROUTED.filter(takesRaw)) {
    const { method, path } = interaction;
    app.route({ method, url: BASE_PATH + path, handler: handler(interaction, asked) });
  }
}

/** A Bundle posted to the base: its type says which interaction is asked for. Throws `bundle-type`. */
const POSTED: Interaction = {
  ...transaction,
  run: async (request, context) => {
    const { resourceType, type } = request.body?.value ?? {};
    const found = [batch, transaction].find(({ code }) => code === type);
    if (found === undefined && resourceType === 'Bundle') {
      throw new FhirError('bundle-type', { found: typeof type === 'string' ? type.slice(0, 64) : '' });
    }
    const asked = isProvided(request.body?.value) ? provideDocumentBundle : found === batch ? batch : otherTransaction;
    return await asked.run(request, context);
  },
};

function handler(
  interaction: Interaction,
  asked: Asked,
): (request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const isForm = interaction.path.endsWith('/_search');
  return async (request, reply) => {
    const { headers } = request;
    const all = asked.services(request);
    const { type = interaction.type ?? '', id = '', vid = '', member = '' } = request.params as PathParameters;
    if (type !== '') checkType(request.method, type, id, all);
    const { operation } = interaction;
    if (operation !== undefined && 'definitions' in operation && !(type in operation.definitions)) {
      throw unknownOperation(`$${operation.name}`, interaction.path.replace(':type', type).replace(':id', id));
    }
    const pairs = pairsOf(request.query as string);
    if (isForm) pairs.push(...formPairs(request));
    const { parameters, format, pretty } = takeFormat(pairs);
    // A document's own bytes are in its own type, whatever Accept says.
    const isRaw = type === 'Binary' && !asksForFhir(headers.accept, format);
    const form = wanted(isRaw ? undefined : headers.accept, format, pretty);
    const prefer = preferences(headers.prefer as string | undefined);
    const { caller } = request;
    const base = asked.baseUrl(request);
    const { services, breakGlass } = await seenServices(all, caller, request);
    const ifNoneExist = headers['if-none-exist'] as string | undefined;
    const context: Context = {
      services,
      baseUrl: base,
      language: languageOf(headers['accept-language']),
      lenient: prefer.lenient,
      ...(prefer.asked !== undefined && { returns: prefer.asked }),
      ...(caller !== undefined && { caller }),
      ...(breakGlass !== undefined && { breakGlass }),
      ...(all.trace !== undefined && { origin: { request: request.id, address: request.ip } }),
    };
    const asks = { type, id, ...(member !== '' && { member }), parameters };
    all.trace?.check();
    const run = async (): Promise<Result> => {
      services.guard?.(interaction, { type, member, parameters, ifNoneExist });
      const body = takesBody(interaction, request) ? await bodyOf(request, type, id, services) : undefined;
      const interactionRequest: InteractionRequest = {
        type,
        id,
        vid,
        member,
        parameters,
        body: body?.resource,
        ...(body?.content !== undefined && { content: body.content }),
        ifMatch: headers['if-match'],
        ifNoneMatch: headers['if-none-match'],
        ifModifiedSince: headers['if-modified-since'],
        ifNoneExist: ifNoneExist === undefined ? undefined : headText(ifNoneExist),
      };
      return await interaction.run(interactionRequest, context);
    };
    const result = await traced(run, { interaction, asked: asks, context, request });
    return sendResult({
      request,
      reply,
      result,
      context,
      prefer,
      form,
      format,
      // Of a Bundle the preference is about its entries.
      writes:
        interaction.method !== 'GET' && !isForm && interaction.operation === undefined && interaction.path !== '/',
    });
  };
}

function takesBody({ takesBody }: Interaction, { body }: FastifyRequest): boolean {
  return takesBody === 'optional' ? body !== undefined && (body as Buffer).length > 0 : takesBody;
}

/** First steps that are no type: `metadata`, `_history`. */
export const RESERVED: ReadonlySet<string> = new Set(
  ROUTED.filter(({ type }) => type === undefined)
    .map(({ path }) => path.split('/')[1] ?? '')
    .filter((step) => step !== '' && !step.startsWith(':')),
);

/** Throws `unknown-type` with the near miss, and `unknown-operation` for `$name` where an id would stand. */
function checkType(method: string, type: string, id: string, { types }: Services): void {
  if (type === '_search') throw new FhirError('method-not-allowed', { method, allowed: 'POST' });
  if (RESERVED.has(type)) {
    if (method === 'GET' || method === 'HEAD') throw new FhirError('no-such-route', { base: BASE_PATH });
    throw new FhirError('method-not-allowed', { method, allowed: 'GET, HEAD' });
  }
  if (type.startsWith('$')) throw unknownOperation(type, `/${type}`);
  if (!types.has(type)) throw new FhirError('unknown-type', { type: type.slice(0, 64), near: nearMiss(type, types) });
  if (id === '_search') throw new FhirError('method-not-allowed', { method, allowed: 'POST' });
  if (id.startsWith('$')) {
    const named = OPERATIONS.filter(({ level, operation }) => level === 'type' && operation?.name === id.slice(1));
    if (named.length === 0) throw unknownOperation(id, `/${type}/${id}`);
    throw new FhirError('method-not-allowed', { method, allowed: named.map((one) => one.method).join(', ') });
  }
}

/** `_format` and `_pretty` are about the answer's form and no concern of an interaction. */
function takeFormat(all: [string, string][]): {
  parameters: [string, string][];
  format: string | undefined;
  pretty: boolean;
} {
  let format: string | undefined;
  let pretty = false;
  if (all.length === 0) return { parameters: all, format, pretty };
  const parameters = all.filter(([name, value]) => {
    if (name === '_format') format = value;
    else if (name === '_pretty') pretty = value === 'true';
    else return true;
    return false;
  });
  return { parameters, format, pretty };
}

/** The parameters in the body of POST _search. */
function formPairs(request: FastifyRequest): [string, string][] {
  const body = request.body as Buffer | undefined;
  if (body === undefined || body.length === 0) return [];
  const valid = 'application/x-www-form-urlencoded';
  if (parseMediaType(request.headers['content-type'] ?? '').type !== valid) {
    throw new FhirError('unsupported-media-type', { valid });
  }
  return pairsOf(decodeUtf8(body));
}

/** The resource of a body; of a Binary by its bytes, the content that they were put into. */
async function bodyOf(
  request: FastifyRequest,
  type: string,
  id: string,
  services: Services,
): Promise<{ resource: ScannedObject; content?: string }> {
  const { headers } = request;
  const contentType = headers['content-type'];
  if (request.body instanceof Readable && contentType !== undefined && isRawBody(type, contentType)) {
    const { store, contentLimit: max } = services;
    if (Number(headers['content-length'] ?? 0) > max) throw new FhirError('too-large', { max });
    const raw = await takeRaw(request.body, store.contents, max);
    const securityContext = headers['x-security-context'] as string | undefined;
    const resource = binaryOf(raw, contentType, id === '' ? undefined : id, securityContext);
    return { resource, ...('content' in raw && { content: raw.content }) };
  }
  return { resource: await resourceOf(request, services) };
}

async function resourceOf(request: FastifyRequest, services: Services): Promise<ScannedObject> {
  const contentType = request.headers['content-type'];
  // Bytes of no type.
  const body = request.body instanceof Readable ? Buffer.alloc(1) : (request.body as Buffer | undefined);
  if (request.method === 'PATCH' && contentType !== undefined && isPatch(contentType)) {
    // As in a Bundle: https://hl7.org/fhir/R4/http.html#transaction
    return binaryOf({ bytes: body ?? Buffer.alloc(0) }, contentType, undefined, undefined);
  }
  if (body === undefined || body.length === 0) throw new FhirError('empty-body');
  const form = bodyForm(contentType);
  const text = decodeUtf8(body);
  if (form === 'json') return parseObject(text);
  // Loaded at the first use, since few need it.
  const { jsonOfXml } = await import('../r4/xml/read.js');
  const scanned = parseObject(jsonOfXml(text, shapesOf(services.definitions)));
  // Lines and columns are those of the text that was sent.
  return { ...scanned, source: text };
}

const isPatch = (contentType: string): boolean => [JSON_PATCH, XML_PATCH].includes(parseMediaType(contentType).type);

/** `POST /{type}/$validate`: where an operation is served. */
function placeOf({ method, path, operation }: Interaction): string {
  const types =
    operation !== undefined && 'definitions' in operation ? Object.keys(operation.definitions).join('|') : '{type}';
  return `${method} ${path.replace(':type', types).replace(':id', '{id}')}`;
}

/** The operation's name, for an error: `$validat` is near `$validate`. */
export function unknownOperation(name: string, path: string): FhirError {
  const places = [...new Set(OPERATIONS.filter(({ operation }) => `$${operation?.name}` === name).map(placeOf))];
  if (places.length > 0) {
    return new FhirError('operation-elsewhere', { name, path: path.slice(0, 200), places: places.join(', ') });
  }
  const known = OPERATIONS.map(({ operation }) => `$${operation?.name}`);
  return new FhirError('unknown-operation', { name: name.slice(0, 64), near: nearMiss(name, known) });
}

/** The methods that some interaction takes at a path below the base, for 405. */
export function methodsAt(path: string): string[] {
  const steps = path.split('/').filter((step) => step !== '');
  const fitting = ROUTED.filter((interaction) => {
    const shape = interaction.path.split('/').filter((step) => step !== '');
    return (
      shape.length === steps.length &&
      shape.every((step, i) => step === steps[i] || (step.startsWith(':') && !steps[i]?.startsWith('$')))
    );
  });
  // `metadata` and `_history` stand where a type would, and are none.
  const own = fitting.filter(({ path, type }) => type === undefined && path.split('/')[1] === steps[0]);
  return [...new Set((own.length > 0 ? own : fitting).map(({ method }) => method))];
}
