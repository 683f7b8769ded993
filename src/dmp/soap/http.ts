/**
 * One POST over mutual TLS, bounded in time and size, that tells what is certain: that nothing whole was sent, or that it
 * is not known. https://www.rfc-editor.org/rfc/rfc9110#name-post
 */
import { type ClientRequest, Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Credential } from '../signature/keys.js';

export interface Limits {
  /** Milliseconds until a connection stands, TLS included. */
  readonly connect: number;
  /** Milliseconds from the beginning until the answer is whole. */
  readonly answer: number;
  /** Bytes of an answer. */
  readonly size: number;
  /** Connections at once. */
  readonly connections: number;
  /** The DMP speaks 1.2, where a refusal of our certificate comes before anything is sent; in 1.3 it may come after. */
  readonly maxVersion: 'TLSv1.2' | 'TLSv1.3';
}
export const DEFAULT_LIMITS: Limits = {
  connect: 10_000,
  answer: 60_000,
  size: 64 * 2 ** 20,
  connections: 8,
  maxVersion: 'TLSv1.2',
};

export interface Answer {
  readonly kind: 'answer';
  readonly status: number;
  readonly contentType: string;
  readonly body: Buffer;
}
/** Nothing that the other side could have acted upon has left. */
export interface NotSent {
  readonly kind: 'not-sent';
  readonly reason: 'refused' | 'tls' | 'time-out' | 'broken';
  /** Of Node: ECONNREFUSED, CERT_HAS_EXPIRED. */
  readonly code?: string;
}
/** All of it was sent, and what became of it is not known. */
export interface Unknown {
  readonly kind: 'unknown';
  readonly reason: 'time-out' | 'reset' | 'too-large';
  readonly code?: string;
}

export class WrongEndpoint extends Error {
  override name = 'WrongEndpoint';
}

const LOOPBACK = /^(127(\.\d{1,3}){3}|localhost|\[::1\])$/;
/** About certificates, theirs or ours, or the handshake: no repetition will help. */
const isTls = (code: string): boolean =>
  /^(ERR_SSL|ERR_TLS|CERT_|UNABLE_TO_|DEPTH_ZERO|SELF_SIGNED|HOSTNAME_|INVALID_CA|EPROTO$)/.test(code);

/** Connections to a DMP with the certificate of one structure. */
export class Connection {
  readonly #agent: HttpAgent | HttpsAgent;
  readonly #isSecure: boolean;

  /**
   * `authorities` are PEM of those who certify the DMP; the system's own without them. Plain HTTP is for tests on the
   * same machine. Throws `WrongEndpoint`.
   */
  constructor(
    readonly base: string,
    credential: Credential | undefined,
    authorities: string | undefined,
    readonly limits: Limits = DEFAULT_LIMITS,
  ) {
    const url = URL.parse(base);
    this.#isSecure = url?.protocol === 'https:';
    if (url === null || (!this.#isSecure && url.protocol !== 'http:')) throw new WrongEndpoint('not a URL of http');
    if (!this.#isSecure && !LOOPBACK.test(url.hostname)) throw new WrongEndpoint('http is for this machine only');
    if (this.#isSecure && credential === undefined) throw new WrongEndpoint('https needs a certificate');
    const pool = { keepAlive: true, maxSockets: limits.connections };
    this.#agent = this.#isSecure
      ? new HttpsAgent({
          ...pool,
          minVersion: 'TLSv1.2',
          maxVersion: limits.maxVersion,
          ...(credential === undefined
            ? {}
            : { cert: credential.pem, key: credential.key.export({ type: 'pkcs8', format: 'pem' }) as string }),
          ...(authorities === undefined ? {} : { ca: authorities }),
        })
      : new HttpAgent(pool);
  }

  /** Closes the connections that are kept. */
  close(): void {
    this.#agent.destroy();
  }

  /** `path` comes after the base: `/repository`. Never throws for what the network does. */
  post(path: string, contentType: string, body: Buffer): Promise<Answer | NotSent | Unknown> {
    const open = this.#isSecure ? httpsRequest : httpRequest;
    return new Promise((resolve) => {
      const request = open(`${this.base}${path}`, {
        method: 'POST',
        agent: this.#agent,
        headers: { 'Content-Type': contentType, 'Content-Length': body.length },
      });
      new Exchange(request, this.limits, this.#isSecure, resolve);
      request.end(body);
    });
  }
}

/** One request under way. */
class Exchange {
  #isOver = false;
  /** The last byte was handed to the system: from here on it may have been acted upon. */
  #isSent = false;
  readonly #timer: NodeJS.Timeout;

  constructor(
    private readonly request: ClientRequest,
    private readonly limits: Limits,
    isSecure: boolean,
    private readonly done: (result: Answer | NotSent | Unknown) => void,
  ) {
    this.#timer = setTimeout(() => this.#late(), limits.answer);
    // Only from here: before, the request waits for one of the connections.
    request.on('socket', (socket) => {
      if (!socket.connecting) return;
      const connecting = setTimeout(() => this.#end({ kind: 'not-sent', reason: 'time-out' }), limits.connect);
      const stop = () => clearTimeout(connecting);
      socket.once(isSecure ? 'secureConnect' : 'connect', stop);
      request.once('close', stop);
    });
    request.on('finish', () => {
      this.#isSent = true;
    });
    request.on('error', (error: NodeJS.ErrnoException) => this.#failed(error.code ?? ''));
    request.on('response', (response) => this.#read(response));
  }

  #end(result: Answer | NotSent | Unknown): void {
    if (this.#isOver) return;
    this.#isOver = true;
    clearTimeout(this.#timer);
    this.done(result);
    if (result.kind !== 'answer') this.request.destroy();
  }

  #late(): void {
    this.#end(this.#isSent ? { kind: 'unknown', reason: 'time-out' } : { kind: 'not-sent', reason: 'time-out' });
  }

  #failed(code: string): void {
    const named = code === '' ? {} : { code };
    if (isTls(code)) this.#end({ kind: 'not-sent', reason: 'tls', ...named });
    else if (this.#isSent) this.#end({ kind: 'unknown', reason: 'reset', ...named });
    else {
      const isBroken = /^(ECONNRESET|EPIPE|ECONNABORTED)$/.test(code);
      this.#end({ kind: 'not-sent', reason: isBroken ? 'broken' : 'refused', ...named });
    }
  }

  #read(response: IncomingMessage): void {
    const chunks: Buffer[] = [];
    let size = 0;
    response.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > this.limits.size) this.#end({ kind: 'unknown', reason: 'too-large' });
      else chunks.push(chunk);
    });
    response.on('error', () => this.#end({ kind: 'unknown', reason: 'reset' }));
    response.on('aborted', () => this.#end({ kind: 'unknown', reason: 'reset' }));
    response.on('end', () => {
      if (!response.complete) return this.#end({ kind: 'unknown', reason: 'reset' });
      const contentType = response.headers['content-type'] ?? '';
      this.#end({ kind: 'answer', status: response.statusCode ?? 0, contentType, body: Buffer.concat(chunks) });
    });
  }
}
