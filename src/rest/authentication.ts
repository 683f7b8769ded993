/**
 * Who asks is known before anything of a request is looked at, its body above all. Closed unless a route is named open.
 * https://www.rfc-editor.org/rfc/rfc9110#name-www-authenticate
 */
import type { TLSSocket } from 'node:tls';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { type AddressList, plainAddress } from '../access/addresses.js';
import { type Authentication, INVALID_REQUEST } from '../access/authentication.js';
import { ANONYMOUS, type Caller } from '../access/caller.js';
import type { Certificates, Shown } from '../access/certificates.js';
import { FhirError } from '../r4/errors.js';
import { BASE_PATH } from './routes.js';

declare module 'fastify' {
  interface FastifyRequest {
    /** undefined without access control. */
    caller: Caller | undefined;
  }
}

export interface Gate {
  authentication: Authentication;
  certificates: Certificates | undefined;
  /** The header in which a proxy hands on the certificate that a client showed to it, in lower case; '' for none. */
  certificateHeader: string;
  /** The proxies that are believed; from others the header is nothing. */
  proxies: AddressList;
}

export const SMART_CONFIGURATION = `${BASE_PATH}/.well-known/smart-configuration`;
/** By the route and not by the URL, which has many spellings. */
const OPEN: ReadonlySet<string | undefined> = new Set([
  '/healthz',
  '/readyz',
  `${BASE_PATH}/metadata`,
  SMART_CONFIGURATION,
]);

/** What the URL of an open route has in it: to ask a request for its route costs more than all the rest here. */
const MAYBE_OPEN = /metadata|z(?:[/?]|$)|well-known|\/auth\//;

/** `isOpen` names further routes. */
export function registerAuthentication(app: FastifyInstance, gate: Gate, isOpen: (route: string) => boolean): void {
  app.decorateRequest('caller', undefined);
  const isOpenRoute = (route: string | undefined) => OPEN.has(route) || (route !== undefined && isOpen(route));
  app.addHook('onRequest', (request, _reply, done) => {
    if (isElsewhere(request) || (MAYBE_OPEN.test(request.url) && isOpenRoute(request.routeOptions.url))) {
      request.caller = ANONYMOUS;
      return done();
    }
    try {
      if (request.url.includes('access_token=')) throw new FhirError('token-in-url', { challenge: INVALID_REQUEST });
      const found = gate.authentication.authenticate({
        authorization: request.headers.authorization,
        certificate: certificateOf(request, gate),
        address: () => clientAddress(request, gate.proxies),
      });
      if (found instanceof Promise) {
        found.then((caller) => {
          request.caller = caller;
          done();
        }, done);
        return;
      }
      request.caller = found;
    } catch (error) {
      return done(error as Error);
    }
    done();
  });
}

/** What is not there and not below the base: there is nothing to hide. */
const isElsewhere = ({ is404, url }: FastifyRequest): boolean =>
  is404 && !url.replace(/^\/+/, '/').toLowerCase().startsWith(BASE_PATH) && !url.includes('%');

/** Certificates by connection: a look at it costs more than the rest of a request. */
const ofSocket = new WeakMap<object, Shown | 'none'>();

function certificateOf({ socket, headers }: FastifyRequest, gate: Gate): Shown | undefined {
  const { certificates, certificateHeader, proxies } = gate;
  if (certificates === undefined) return undefined;
  if (certificateHeader !== '') {
    const handed = headers[certificateHeader];
    if (isProxy(socket, proxies)) return typeof handed === 'string' ? certificates.ofHeader(handed) : undefined;
  }
  const known = ofSocket.get(socket);
  if (known !== undefined) return known === 'none' ? undefined : known;
  const { raw } = 'getPeerCertificate' in socket ? (socket as TLSSocket).getPeerCertificate() : { raw: undefined };
  const shown = raw === undefined ? undefined : certificates.ofDer(raw, (socket as TLSSocket).authorized);
  ofSocket.set(socket, shown ?? 'none');
  return shown;
}

const trusted = new WeakMap<object, boolean>();

function isProxy(socket: FastifyRequest['socket'], proxies: AddressList): boolean {
  let is = trusted.get(socket);
  if (is === undefined) {
    is = proxies.has(socket.remoteAddress ?? '');
    trusted.set(socket, is);
  }
  return is;
}

/** The nearest address that is no proxy of ours; X-Forwarded-For is believed as far as proxies wrote it. */
export function clientAddress({ socket, headers }: FastifyRequest, proxies: AddressList): string {
  const peer = plainAddress(socket.remoteAddress ?? '');
  const forwarded = headers['x-forwarded-for'];
  if (forwarded === undefined || !isProxy(socket, proxies)) return peer;
  const hops = String(forwarded)
    .split(',')
    .map((hop) => plainAddress(hop.trim()));
  return hops.findLast((hop) => !proxies.has(hop)) ?? peer;
}
