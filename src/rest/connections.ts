/**
 * The connections of a server: a stop does not wait for those on which nobody asks anything, and a request that does not
 * come along is ended. https://www.rfc-editor.org/rfc/rfc9110#name-408-request-timeout
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a connection without a request has for one that is already on its way, in milliseconds. */
const GRACE = 500;
const SWEEP = 20;
/** Bytes of a body for which a client gets a second more: a document of 100 MB passes on a line of 1 Mbit/s and more. */
const PACE = 100_000;

/** The milliseconds in which a request of so many bytes has to arrive; Node knows one time for all. */
export const arrivalTime = (seconds: number, bytes: number): number => seconds * 1000 + (bytes / PACE) * 1000;

/** What is under way on a connection: a client may send several requests before the first is answered. */
interface Busy {
  count: number;
  /** The last that came, the only one that may still be arriving. */
  last: IncomingMessage;
  since: number;
  /** What the connection had received when its head was read. */
  received: number;
}

export class Connections {
  private readonly open = new Set<Socket>();
  private readonly busy = new Map<Socket, Busy>();

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
    });
    const count = (last: IncomingMessage, response: ServerResponse): void => {
      const { socket } = last;
      const count = (this.busy.get(socket)?.count ?? 0) + 1;
      this.busy.set(socket, { count, last, since: performance.now(), received: socket.bytesRead });
      response.once('close', () => {
        const busy = this.busy.get(socket);
        if (busy === undefined || busy.count === 1) this.busy.delete(socket);
        else busy.count--;
      });
    };
    // Node makes a request of one that expects `100 Continue` too, as long as nobody listens for it.
    server.prependListener('request', count);
  }

  /** From now on ends what takes longer than `seconds` to arrive, and longer than PACE allows for what did arrive. */
  endSlow(seconds: number): void {
    const look = () => {
      for (const [socket, { last, since, received }] of this.busy) {
        if (last.complete) continue;
        if (performance.now() - since < arrivalTime(seconds, socket.bytesRead - received)) continue;
        this.server.emit('clientError', Object.assign(new Error(), { code: 'ERR_HTTP_REQUEST_TIMEOUT' }), socket);
      }
    };
    const regular = setInterval(look, Math.min(1000, seconds * 500)).unref();
    this.server.once('close', () => clearInterval(regular));
  }

  /**
   * To be called at a stop; ends connections until the function returned is called. Node's own way leaves those that
   * never sent a request, and those that ended their last one after the stop began.
   */
  endIdle(): () => void {
    const began = Date.now();
    const sweep = setInterval(() => {
      this.server.closeIdleConnections();
      if (Date.now() - began < GRACE) return;
      for (const socket of this.open) if (!this.busy.has(socket)) socket.destroy();
    }, SWEEP);
    return () => clearInterval(sweep);
  }
}
