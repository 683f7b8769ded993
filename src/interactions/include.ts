/** What goes out with the matches because they point to it, or it to them. https://hl7.org/fhir/R4/search.html#revinclude */
import type { Inclusion } from '../search/inclusions.js';
import { isReference } from '../search/inclusions.js';
import type { Filter } from '../search/query.js';
import type { StoredVersion } from '../store/store.js';
import type { Context } from './interaction.js';

export interface Included {
  items: StoredVersion[];
  /** False when the bound left some out. */
  complete: boolean;
}

/** Rounds of `:iterate`: a circle ends by itself, a long row here. */
const MAX_ROUNDS = 20;

const nameOf = ({ type, id }: { type: string; id: string }) => `${type}/${id}`;

export async function included(
  matches: readonly StoredVersion[],
  inclusions: readonly Inclusion[],
  context: Context,
): Promise<Included> {
  const result: Included = { items: [], complete: true };
  if (inclusions.length === 0 || matches.length === 0) return result;
  const met = new Set(matches.map(nameOf));
  let from: readonly StoredVersion[] = matches;
  for (let round = 0; from.length > 0; round++) {
    const active = round === 0 ? inclusions : inclusions.filter(({ iterate }) => iterate);
    if (active.length === 0) break;
    if (round === MAX_ROUNDS) return { ...result, complete: false };
    const found: StoredVersion[] = [];
    for (const inclusion of active) {
      const room = context.services.maxInclude - result.items.length;
      const more = inclusion.reverse
        ? await pointingTo(from, inclusion, room, context)
        : await pointedTo(from, inclusion, met, room, context);
      result.complete &&= more.complete;
      for (const item of more.items) {
        if (met.has(nameOf(item))) continue;
        if (result.items.length >= context.services.maxInclude) {
          result.complete = false;
          break;
        }
        met.add(nameOf(item));
        found.push(item);
        result.items.push(item);
      }
    }
    from = found;
  }
  return result;
}

const LOCAL = /^([A-Z][A-Za-z]+)\/([A-Za-z0-9\-.]{1,64})$/;

/** The resources that the sources point to. */
async function pointedTo(
  sources: readonly StoredVersion[],
  { source, keys, target }: Inclusion,
  met: ReadonlySet<string>,
  room: number,
  { services, baseUrl }: Context,
): Promise<Included> {
  const wanted = new Map<string, [string, string]>();
  for (const { type, text } of sources) {
    if (source !== undefined && type !== source) continue;
    for (const reference of services.registry.extract(type, JSON.parse(text), baseUrl).references) {
      if (keys !== undefined && !keys.includes(reference.key)) continue;
      const [name, other = '', id = ''] = LOCAL.exec(reference.target) ?? [];
      if (name === undefined || met.has(name) || (target !== undefined && other !== target)) continue;
      if (services.types.has(other)) wanted.set(name, [other, id]);
    }
  }
  const names = [...wanted.values()].slice(0, Math.max(0, room));
  const found = await Promise.all(names.map(([type, id]) => services.store.read(type, id)));
  return {
    items: found.filter((version) => version !== undefined && !version.deleted) as StoredVersion[],
    complete: names.length === wanted.size,
  };
}

/** The resources that point to the sources. */
async function pointingTo(
  sources: readonly StoredVersion[],
  { source, keys, target }: Inclusion,
  room: number,
  { services }: Context,
): Promise<Included> {
  const targets = sources.filter(({ type }) => target === undefined || type === target).map(nameOf);
  if (targets.length === 0) return { items: [], complete: true };
  const result: Included = { items: [], complete: true };
  const targetTypes = new Set(sources.map(({ type }) => type));
  for (const type of source === undefined ? [...services.types].sort() : [source]) {
    const all = keys ?? referenceKeys(type, targetTypes, services);
    if (all.length === 0) continue;
    const filters = all.map((key): Filter => ({ kind: 'reference', key, anyOf: targets }));
    const count = Math.max(0, room - result.items.length);
    const page = await services.store.search({
      type,
      filters: filters.length === 1 ? filters : [{ kind: 'any', of: filters }],
      sort: [],
      count: Math.max(1, count),
    });
    if (count === 0 && page.items.length > 0) return { ...result, complete: false };
    result.items.push(...page.items);
    if (page.next !== undefined) result.complete = false;
  }
  return result;
}

/** Every reference index of a type that may point to one of the targets. */
function referenceKeys(
  type: string,
  targets: ReadonlySet<string>,
  { registry }: Context['services'],
): readonly string[] {
  const points = (list: readonly string[]) => list.length === 0 || list.some((one) => targets.has(one));
  const fitting = registry.parameters(type).filter((one) => isReference(one) && points(one.targets));
  return [...new Set(fitting.map(({ key }) => key))];
}
