/** History of an instance, a type or the system, newest first. https://hl7.org/fhir/R4/http.html#history */
import { dateRange } from '../r4/dates.js';
import { FhirError } from '../r4/errors.js';
import type { HistoryQuery } from '../store/store.js';
import { historyBundle, type Link, queryString } from './bundle.js';
import { checkId } from './incoming.js';
import type { Context, Interaction, InteractionRequest, Level, Result } from './interaction.js';
import { refuseParameters } from './parameters.js';

const KNOWN = ['_since', '_at', '_count', '_cursor'] as const;

function history(level: Level, path: string): Interaction {
  return {
    code: level === 'instance' ? 'history-instance' : level === 'type' ? 'history-type' : 'history-system',
    level,
    method: 'GET',
    path,
    takesBody: false,
    run: historyOf,
  };
}

export const historyInstance = history('instance', '/:type/:id/_history');
export const historyType = history('type', '/:type/_history');
export const historySystem = history('system', '/_history');

async function historyOf(request: InteractionRequest, context: Context): Promise<Result> {
  refuseParameters(request, KNOWN, context);
  const query = parse(request, context);
  const page = await context.services.store.history(query);
  const { type, id } = request;
  if (id !== '' && page.items.length === 0 && query.cursor === undefined) {
    // An empty page of a resource that exists (`_since` today) differs from a resource that never was.
    if ((await context.services.store.read(type, id)) === undefined) throw new FhirError('not-found', { type, id });
  }
  const path = [context.baseUrl, type, id, '_history'].filter((part) => part !== '').join('/');
  // What was really used: the count is at most the server's own.
  const used = request.parameters
    .filter(([name]) => (KNOWN as readonly string[]).includes(name))
    .map(([name, value]) => [name, name === '_count' ? String(query.count) : value] as const);
  const links: Link[] = [{ relation: 'self', url: path + queryString(used) }];
  if (page.next !== undefined) {
    const kept = used.filter(([name]) => name !== '_cursor');
    links.push({ relation: 'next', url: path + queryString([...kept, ['_cursor', page.next]]) });
  }
  return { status: 200, text: historyBundle(context.baseUrl, links, page.total, page.items) };
}

function parse(request: InteractionRequest, context: Context): HistoryQuery {
  const { services } = context;
  const query: HistoryQuery = { count: services.defaultCount };
  if (request.type !== '') query.type = request.type;
  if (request.id !== '') {
    checkId(request.id);
    query.id = request.id;
  }
  for (const [name, value] of request.parameters) {
    if (name === '_count') {
      if (!/^\d{1,9}$/.test(value) || value === '0') {
        throw new FhirError('bad-parameter', {
          name,
          reason: { en: 'a whole number above 0 is expected', fr: 'un entier supérieur à 0 est attendu' },
        });
      }
      query.count = Math.min(Number(value), services.maxCount);
    } else if (name === '_since') query.since = instants(name, value, services.timeZone).low;
    else if (name === '_at') query.at = instants(name, value, services.timeZone);
    else if (name === '_cursor') query.cursor = value;
  }
  return query;
}

function instants(name: string, value: string, timeZone: string): { low: number; high: number } {
  // A plus sign of a zone arrives as a space when the client did not encode it.
  const range = dateRange(value.replace(/ (?=\d\d:\d\d$)/, '+'), timeZone);
  if (range === undefined) {
    throw new FhirError('bad-parameter', {
      name,
      reason: { en: 'a date or instant is expected', fr: 'une date ou un instant est attendu' },
    });
  }
  return range;
}
