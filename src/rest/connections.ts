/** The connections of a server, so that a stop does not wait for those on which nobody asks anything. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import type { Socket } from 'node:net';

/** How long a connection without a request has for one that is already on its way, in milliseconds. */
const GRACE = 500;
const SWEEP = 20;

export class Connections {
  private readonly open = new Set<Socket>();
  /** Requests in flight; a client may send several before the first is answered. */
  private readonly busy = new Map<Socket, number>();

  constructor(private readonly server: Server) {
    server.on('connection', (socket: Socket) => {
      this.open.add(socket);
      socket.once('close', () => this.open.delete(socket));
    });
    const count = ({ socket }: IncomingMessage, response: ServerResponse): void => {
      this.busy.set(socket, (this.busy.get(socket) ?? 0) + 1);
      response.once('close', () => {
        const left = (this.busy.get(socket) ?? 1) - 1;
        if (left === 0) this.busy.delete(socket);
        else this.busy.set(socket, left);
      });
    };
    // Node makes a request of one that expects `100 Continue` too, as long as nobody listens for it.
    server.prependListener('request', count);
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
