/** The services of a request as its caller sees them: the store is his, and what no policy gives him is refused at once. */
import type { FastifyRequest } from 'fastify';
import type { Seen } from '../access/access.js';
import { BREAK_GLASS } from '../access/break-glass.js';
import type { Caller } from '../access/caller.js';
import type { Services } from '../interactions/interaction.js';

export interface SeenServices {
  services: Services;
  /** The reason for which he breaks the glass. */
  breakGlass?: string;
}

/** Without a caller nobody is asked who he is (AUTH=off), and all is as it is. Throws what a broken glass throws. */
export async function seenServices(
  services: Services,
  caller: Caller | undefined,
  { headers }: FastifyRequest,
): Promise<SeenServices> {
  if (caller === undefined) return { services };
  const header = headers[BREAK_GLASS] as string | undefined;
  const access = services.access();
  const seen = header === undefined ? access.now(caller) : undefined;
  const found = seen ?? (await access.of(caller, header));
  const { breakGlass } = found;
  return { services: ownServices(services, found), ...(breakGlass !== undefined && { breakGlass }) };
}

/** Of those who ask again: a copy of all services for each request was a tenth of a read. */
const kept = new WeakMap<Seen, Services>();

/** The services with what is the caller's own. They are made anew once others define something. */
function ownServices(services: Services, seen: Seen): Services {
  const known = kept.get(seen);
  if (known !== undefined && known.validator === services.validator && known.known === services.known) return known;
  const { store, guard, isWhole, terminology } = seen;
  const own: Services = isWhole
    ? { ...services, guard }
    : { ...services, store, guard, ...(terminology !== undefined && { terminology }) };
  kept.set(seen, own);
  return own;
}
