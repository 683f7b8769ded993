/** The one place where the parts are put together: settings in, a server that can listen and stop out. */
import { readFileSync } from 'node:fs';
import type { IncomingMessage } from 'node:http';
import fastifyCompress from '@fastify/compress';
import Fastify, { type FastifyInstance, type FastifyRequest } from 'fastify';
import { type DestinationStream, type Logger, pino } from 'pino';
import type { Caller } from './access/caller.js';
import { type Door, openDoor, warningOf } from './authentication.js';
import { type Settings, WrongSetting } from './config.js';
import { establishmentsOf } from './feed.js';
import type { Services } from './interactions/interaction.js';
import { loadPackages, logPackages } from './packages.js';
import { Definitions } from './r4/definitions/index.js';
import { FhirError } from './r4/errors.js';
import { nearMiss } from './r4/near-miss.js';
import { registerAuthentication } from './rest/authentication.js';
import { Backpressure } from './rest/backpressure.js';
import { arrivalTime, Connections } from './rest/connections.js';
import { plainEncoding } from './rest/content-encoding.js';
import { isDevRoute, registerDevAuthorization } from './rest/dev-authorization.js';
import { onClientError, onExpectation, registerFailures, sendError } from './rest/failures.js';
import { registerHealth } from './rest/health.js';
import { logRequests, requestId } from './rest/request-log.js';
import { BASE_PATH, registerRoutes } from './rest/routes.js';
import { registerSmartConfiguration } from './rest/smart-configuration.js';
import { traceRefusals } from './rest/traced.js';
import { openTenant, sharedOf } from './tenant.js';
import { Tenants, tenantOf } from './tenants.js';
import { schemeOf, tlsOptions } from './tls.js';

export interface Server {
  readonly app: FastifyInstance;
  readonly services: Services;
  /** Starts to listen; resolves to the FHIR base that this machine can open. */
  listen(): Promise<string>;
  /** Takes no new request, lets those in flight end, then closes the store. */
  close(): Promise<void>;
}

export const SOFTWARE = readSoftware();

function readSoftware(): { name: string; version: string } {
  const text = readFileSync(new URL('../package.json', import.meta.url), 'utf8');
  return { name: 'Passerelle', version: (JSON.parse(text) as { version: string }).version };
}

/** The resource types that RESOURCE_TYPES leaves. Throws WrongSetting for a name that R4 does not have. */
function servedTypes(settings: Settings, all: readonly string[]): ReadonlySet<string> {
  for (const type of settings.RESOURCE_TYPES) {
    if (all.includes(type)) continue;
    const near = nearMiss(type, all);
    throw new WrongSetting(
      `RESOURCE_TYPES names "${type}", which is not an R4 resource type${near === '' ? '' : ` (did you mean ${near}?)`}.`,
    );
  }
  return new Set(settings.RESOURCE_TYPES.length === 0 ? all : settings.RESOURCE_TYPES);
}

/**
 * Builds a server that does not listen yet. `logTo` is where log lines go (standard output when absent).
 * Throws WrongSetting, and whatever the store throws when it cannot be opened.
 */
export async function createServer(settings: Settings, logTo?: DestinationStream): Promise<Server> {
  const definitions = Definitions.load();
  const packages = loadPackages(settings, definitions);
  const types = servedTypes(settings, definitions.resourceTypes);
  const log = pino({ level: settings.LOG_LEVEL, base: null }, logTo ?? pino.destination({ dest: 1, sync: false }));
  const door = await openDoor(settings, (type) => definitions.resourceTypes.includes(type));
  const warning = warningOf(settings);
  if (warning !== undefined) log.warn(warning);
  const establishments = await establishmentsOf(settings, types);
  const security = door && (() => door.security());
  const shared = sharedOf(settings, definitions, types, SOFTWARE, log, security, establishments);
  const tenant = await openTenant(settings.STORE, '', shared, (registry) =>
    logPackages(packages, registry, definitions, log),
  );
  const { services } = tenant;
  const stopping = { now: false };
  const tenants = settings.TENANTS ? new Tenants(tenant, shared) : undefined;
  const app = await buildApp(settings, services, door, log, stopping, tenants);
  const connections = new Connections(app.server);
  connections.endSlow(settings.REQUEST_TIMEOUT);
  return {
    app,
    services,
    async listen() {
      await listenOn(app, settings);
      const address = app.server.address();
      const port = typeof address === 'object' && address !== null ? address.port : settings.PORT;
      const host = settings.HOST === '0.0.0.0' || settings.HOST === '::' ? 'localhost' : settings.HOST;
      const base = `${schemeOf(settings)}://${host.includes(':') ? `[${host}]` : host}:${port}${BASE_PATH}`;
      await door?.listens?.(base);
      return base;
    },
    async close() {
      stopping.now = true;
      const ended = connections.endIdle();
      await app.close();
      ended();
      await tenants?.close();
      await tenant.close();
      for (const { connection } of establishments) connection.close();
      log.flush();
    },
  };
}

/** Throws WrongSetting for an address that cannot be had. */
async function listenOn(app: FastifyInstance, { PORT, HOST }: Settings): Promise<void> {
  try {
    await app.listen({ port: PORT, host: HOST });
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EADDRINUSE') throw new WrongSetting(`PORT ${PORT} is in use.`);
    if (code !== undefined && /^(EADDRNOTAVAIL|EACCES|ENOTFOUND|EAI_AGAIN)$/.test(code)) {
      throw new WrongSetting(`HOST ${HOST} and PORT ${PORT} cannot be listened on (${code}).`);
    }
    throw error;
  }
}

async function buildApp(
  settings: Settings,
  services: Services,
  door: Door | undefined,
  log: Logger,
  stopping: { now: boolean },
  tenants: Tenants | undefined,
): Promise<FastifyInstance> {
  const limits = { body: settings.BODY_LIMIT, url: settings.URL_LIMIT };
  const tls = tlsOptions(settings);
  const options = {
    maxHeaderSize: settings.HEADER_LIMIT,
    // Node looks for slow requests every 30 s unless told.
    connectionsCheckingInterval: Math.min(1000, settings.REQUEST_TIMEOUT * 500),
    headersTimeout: settings.REQUEST_TIMEOUT * 1000,
    // A request without Host gets our own answer.
    requireHostHeader: false,
  };
  const app = Fastify({
    logger: false,
    bodyLimit: settings.BODY_LIMIT,
    // The most that any takes, also one that is answered before all of it came; `endSlow` ends the others.
    requestTimeout: arrivalTime(settings.REQUEST_TIMEOUT, Math.max(settings.BODY_LIMIT, settings.CONTENT_LIMIT)),
    ...(tls === undefined ? { http: options } : { https: { ...options, ...tls } as never }),
    routerOptions: {
      ignoreTrailingSlash: true,
      ignoreDuplicateSlashes: true,
      maxParamLength: settings.URL_LIMIT,
      // The pairs are kept in order, so parsing is left to the routes.
      querystringParser: ((text: string) => text) as never,
    },
    genReqId: requestId,
    return503OnClosing: false,
    clientErrorHandler: onClientError as never,
    ...(tenants !== undefined && { rewriteUrl: withoutTenant }),
    frameworkErrors: (error, request, reply) => {
      const row = error.code === 'FST_ERR_BAD_URL' ? 'bad-url' : 'bad-request';
      sendError(new FhirError(row), request as FastifyRequest, reply as never);
    },
  });
  app.decorate('definitions', services.definitions);
  app.addHook('onRequest', async (request, reply) => {
    reply.header('x-request-id', request.id);
    if (stopping.now) {
      reply.header('connection', 'close');
      throw new FhirError('stopping');
    }
    plainEncoding(request.headers);
    if (request.headers.host === undefined && request.raw.httpVersion === '1.1') throw new FhirError('no-host');
    if (request.url.length > settings.URL_LIMIT) throw new FhirError('url-too-long', { max: settings.URL_LIMIT });
  });
  logRequests(app, log);
  const pressure = new Backpressure(settings.MAX_REQUESTS);
  pressure.watch(app);
  if (door !== undefined) {
    registerAuthentication(app, door.gate, door.listens === undefined ? () => false : isDevRoute);
    if (door.listens !== undefined) registerDevAuthorization(app, () => door.dev);
    registerSmartConfiguration(app, () => door.authorizationServer);
  }
  if (tenants !== undefined) {
    app.addHook('onRequest', async (request) => {
      const name = NAMED.get(request.raw);
      const { url } = request;
      // What the server can do it can do for all of them.
      if (name === undefined && NEEDS_TENANT.test(url)) throw new FhirError('tenant-missing', { base: BASE_PATH });
      if (name !== undefined && mayAsk(request.caller, name)) SERVED.set(request, await tenants.services(name));
    });
  }
  await app.register(fastifyCompress, { encodings: ['gzip'], requestEncodings: ['gzip'], threshold: 2048 });
  app.removeAllContentTypeParsers();
  // Bodies are read as bytes: the FHIR layer checks their encoding and their JSON itself.
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.server.on('checkExpectation', onExpectation);
  registerFailures(app, log, limits, services.types);
  registerHealth(app, services.store, stopping, pressure);
  const servicesFor =
    tenants === undefined ? () => services : (request: FastifyRequest) => SERVED.get(request) ?? services;
  if (services.trace !== undefined) traceRefusals(app, servicesFor);
  registerRoutes(app, { services: servicesFor, baseUrl: baseUrlOf(settings) });
  pressure.guard(app, log);
  return app;
}

/** What is below the base and is not the same for all tenants. */
const NEEDS_TENANT = /^\/fhir(?![^/?#])(?!\/(metadata|\.well-known)\b)/;
/** The tenant that a request names in its path, which is routed without it; and what is its own. */
const NAMED = new WeakMap<IncomingMessage, string>();
const SERVED = new WeakMap<FastifyRequest, Services>();

/**
 * False for who did not have to say who he is: he is told of the server, not of its tenants. Throws `tenant-unknown` for
 * one that is not the caller's, whether it is there or not.
 */
function mayAsk(caller: Caller | undefined, tenant: string): boolean {
  if (caller === undefined) return true;
  if (caller.kind === 'anonymous') return false;
  if (caller.tenants?.includes(tenant) !== true) throw new FhirError('tenant-unknown');
  return true;
}

function withoutTenant(request: { url?: string | undefined }): string {
  const { url = '/' } = request;
  const found = tenantOf(url);
  if (found === undefined) return url;
  NAMED.set(request as IncomingMessage, found.name);
  return found.url;
}

/** BASE_URL, else what the client itself called: scheme of this server, Host header, base path; then the tenant. */
function baseUrlOf(settings: Settings): (request: FastifyRequest) => string {
  const tenant = (request: FastifyRequest): string => {
    const name = NAMED.get(request.raw);
    return name === undefined ? '' : `/${name}`;
  };
  if (settings.BASE_URL !== '') return (request) => settings.BASE_URL + tenant(request);
  return (request) => {
    const host = request.headers.host ?? '';
    const safe = /^[\w.-]+(:\d{1,5})?$|^\[[\da-fA-F:.]+\](:\d{1,5})?$/.test(host) ? host : 'localhost';
    return `${schemeOf(settings)}://${safe}${BASE_PATH}${tenant(request)}`;
  };
}
