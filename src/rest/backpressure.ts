/**
 * A bound on the requests under way: past it a client is told at once to come again, so that those that were taken keep
 * their pace. Health is always answered. https://www.rfc-editor.org/rfc/rfc9110#name-503-service-unavailable
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { FastifyInstance } from 'fastify';
import type { Logger } from 'pino';
import { FhirError } from '../r4/errors.js';
import { outcomeOfError } from '../r4/outcome.js';
import { RETRY_AFTER } from './failures.js';
import { FHIR_JSON, isJsonAsked, languageOf, VARY } from './negotiation.js';
import { requestId } from './request-log.js';
import { BASE_PATH } from './routes.js';
import { Turns } from './turns.js';

/** More than `max` are taken as long as they would be answered within so many milliseconds: reads are quick. */
const QUICK = 25;
/** But never more than so many times `max`: each takes memory. */
const FACTOR = 10;
/** Under overload as many are taken as are answered within so many times what one takes that is alone. */
const SLOWER = 4;
/**
 * Under overload no fewer than these are under way, whatever was measured: with 3 a fifth of the work was done, with 8 three
 * quarters, and no later.
 */
const FEWEST = 8;
/** Milliseconds without a refusal after which an overload is over. */
const CALM = 1000;
/** What a refusal says, made once: there are many of them when there is least time. */
const REFUSED = new FhirError('overloaded');
const BODIES = {
  en: Buffer.from(JSON.stringify(outcomeOfError(REFUSED, 'en'))),
  fr: Buffer.from(JSON.stringify(outcomeOfError(REFUSED, 'fr'))),
};

/**
 * Until it is reached, `max` lets a client queue as many requests as it has connections. Once somebody was refused there
 * are more than can be served, and a queue would only make all of them late: those that wait for their turn are let go,
 * and few are taken at a time until no more are refused. So what is taken under overload takes a few times what it takes
 * alone, however much is asked.
 */
export class Backpressure {
  private count = 0;
  private readonly turns = new Turns();
  /** Milliseconds between two answers while there is something to do, smoothed. */
  private pace = 0;
  private lastAnswer = 0;
  /** Milliseconds that one takes during which no other was under way, smoothed. */
  private alone = 0;
  private isAlone = false;
  private lastRefusal = Number.NEGATIVE_INFINITY;

  constructor(private readonly max: number) {}

  isFull(): boolean {
    if (this.isOverloaded()) return this.count >= this.few();
    return this.count >= this.max && (this.count * this.pace > QUICK || this.count >= FACTOR * this.max);
  }

  private isOverloaded(): boolean {
    return performance.now() - this.lastRefusal < CALM;
  }

  /** How many are under way at a time under overload. */
  private few(): number {
    const most = FACTOR * this.max;
    if (this.pace === 0) return most;
    return Math.min(most, Math.max(FEWEST, (SLOWER * (this.alone || this.pace)) / this.pace));
  }

  /** Is there no room? Then one is refused, and so are those for whom there is none any more. */
  private refuses(): boolean {
    if (!this.isFull()) return false;
    const begins = !this.isOverloaded();
    this.lastRefusal = performance.now();
    if (begins) this.turns.letGo(Math.ceil(this.count - this.few()));
    return true;
  }

  /**
   * A request is counted once its body is there: a slow sender holds no place. When there is no room it is refused before
   * its body is read. Those that have a place begin in their order, a few in each turn of the loop: between them the
   * loop sees who else has come, so that a refusal does not wait for the work of all that were taken.
   */
  watch(app: FastifyInstance): void {
    const isOurs = (url: string) => url.startsWith(BASE_PATH);
    const refusal = () => (this.refuses() ? REFUSED : undefined);
    app.addHook('onRequest', ({ url }, _reply, done) => {
      done(isOurs(url) ? refusal() : undefined);
    });
    app.addHook('preHandler', ({ url }, reply, done) => {
      if (!isOurs(url)) return done();
      const refused = refusal();
      if (refused !== undefined) return done(refused);
      const began = performance.now();
      this.count++;
      this.isAlone = this.count === 1;
      let isCounted = true;
      // Also when the client goes away before its answer.
      reply.raw.once('close', () => {
        if (isCounted) this.answered(began);
        isCounted = false;
      });
      this.turns.add({
        begin: () => done(),
        refuse: () => {
          if (isCounted) this.count--;
          isCounted = false;
          done(REFUSED);
        },
      });
    });
  }

  /**
   * Refuses before the framework sees a request, where the answer is JSON: half the time of a refusal. To be called
   * once the server has all that listens for requests.
   */
  guard({ server }: FastifyInstance, log: Logger): void {
    const listeners = server.listeners('request') as ((request: IncomingMessage, response: ServerResponse) => void)[];
    server.removeAllListeners('request');
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      if (request.url?.startsWith(BASE_PATH) === true && isJsonAsked(request) && this.refuses()) {
        refuse(request, response, log);
      } else for (const listener of listeners) listener.call(server, request, response);
    });
  }

  private answered(began: number): void {
    const now = performance.now();
    if (this.isAlone) this.alone += (now - began - this.alone) / (this.alone === 0 ? 1 : 16);
    if (this.lastAnswer > 0) this.pace += (now - this.lastAnswer - this.pace) / 64;
    this.count--;
    // What comes after a pause says nothing of the pace.
    this.lastAnswer = this.count > 0 ? now : 0;
  }
}

function refuse(request: IncomingMessage, response: ServerResponse, log: Logger): void {
  const id = requestId(request);
  const body = BODIES[languageOf(request.headers['accept-language'])];
  response.writeHead(REFUSED.status, {
    'x-request-id': id,
    'retry-after': String(RETRY_AFTER),
    vary: VARY,
    'content-type': `${FHIR_JSON}; charset=utf-8`,
    'content-length': body.length,
  });
  response.end(request.method === 'HEAD' ? undefined : body);
  log.info({ request: id, method: request.method, route: '(none)', status: REFUSED.status, ms: 0 });
}
