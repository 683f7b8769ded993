/** A question to an authorization server: JSON within bounds of time and size, without redirects. */

/** An authorization server that does not answer as it should: nothing is known of the token. */
export class IssuerUnavailable extends Error {
  override name = 'IssuerUnavailable';
}

const SECONDS = 5;
const MOST_BYTES = 262_144;

/** The object of an answer 200; undefined for 401 and 403, which say that the token is not taken. Throws IssuerUnavailable. */
export async function fetchJson(url: string, init: RequestInit): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await fetch(url, { ...init, redirect: 'error', signal: AbortSignal.timeout(SECONDS * 1000) });
    if (response.status === 401 || response.status === 403) {
      await response.body?.cancel();
      return undefined;
    }
    const value: unknown = response.status === 200 ? JSON.parse(await bounded(response)) : undefined;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value as Record<string, unknown>;
  } catch (error) {
    throw new IssuerUnavailable((error as Error).name);
  }
  throw new IssuerUnavailable('answer');
}

async function bounded({ body }: Response): Promise<string> {
  const chunks: Uint8Array[] = [];
  let size = 0;
  for await (const chunk of body ?? []) {
    size += chunk.length;
    if (size > MOST_BYTES) throw new RangeError('answer too large');
    chunks.push(chunk);
  }
  return Buffer.concat(chunks).toString('utf8');
}
