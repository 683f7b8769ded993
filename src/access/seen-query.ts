/**
 * A search as a caller may ask it: what he may see is a condition of every type that it looks into, the searched ones and
 * those at the end of each chain and `_has`. https://hl7.org/fhir/R4/search.html#chaining
 */
import { FhirError } from '../r4/errors.js';
import type { Filter, Query } from '../search/query.js';
import { NEVER } from './condition.js';
import type { Rules } from './rules.js';
import { simplified } from './simplified.js';

/** Ids by type that count as seen: what was written in the same transaction. */
export type OwnWrites = ReadonlyMap<string, ReadonlySet<string>>;

export class SeenQuery {
  constructor(
    private readonly rules: Rules,
    private readonly own: OwnWrites | undefined,
  ) {}

  /** Throws `access-element` for a search or an order by what is hidden. */
  query(query: Query): Query {
    const hidden = this.rules.hidden(query.type);
    for (const key of query.sort) {
      if (key.by === 'value' && hidden?.isHiddenKey(key.key) === true) throw refused(query.type);
    }
    // Pages go on the way of the first, which is told by the conditions that are asked.
    const isFirst = query.cursor === undefined && query.moment === undefined;
    return {
      ...query,
      filters: this.branch(query.type, query.filters, isFirst),
      ...(query.also && {
        also: query.also.map(({ type, filters }) => ({ type, filters: this.branch(type, filters, isFirst) })),
      }),
    };
  }

  /** What resources of a type must fit to be found: none where he may search none, no condition where all. */
  within(type: string): Filter[] {
    const extent = this.rules.extent(type, 'search');
    if (extent === 'all') return [];
    const own = this.own?.get(type);
    if (own === undefined) return extent === 'none' ? [NEVER] : [...extent];
    const mine: Filter = { kind: 'id', anyOf: [...own] };
    return [extent === 'none' ? mine : { kind: 'any', of: [{ kind: 'all', of: [...extent] }, mine] }];
  }

  private branch(type: string, filters: readonly Filter[], isFirst = false): Filter[] {
    const asked = filters.map((one) => this.filter(type, one));
    const within = this.within(type);
    return [...asked, ...(isFirst ? simplified(type, within, asked, this.rules) : within)];
  }

  private filter(type: string, filter: Filter): Filter {
    switch (filter.kind) {
      case 'id':
      case 'lastUpdated':
        return filter;
      case 'all':
      case 'any':
        return { ...filter, of: filter.of.map((one) => this.filter(type, one)) };
      case 'not':
        return { ...filter, of: this.filter(type, filter.of) };
      case 'chain':
        this.check(type, filter.key);
        return { ...filter, where: this.joinedTo(filter.type, filter.where) };
      case 'has':
        this.check(filter.type, filter.key);
        return { ...filter, where: this.joinedTo(filter.type, filter.where) };
      case 'words':
        // Words are of all elements.
        if (this.rules.hidden(type) !== undefined) throw refused(type);
        return filter;
      case 'reference':
        // Inclusions and compartments try every reference: one that is hidden leads nowhere.
        return this.rules.hidden(type)?.isHiddenKey(filter.key) === true ? NEVER : filter;
      default:
        this.check(type, filter.key);
        return filter;
    }
  }

  /** The contents of documents are found through the documents alone. */
  private joinedTo(type: string, where: readonly Filter[]): Filter[] {
    if (type === 'Binary' && !this.rules.isOpen('DocumentReference')) return [NEVER];
    return this.branch(type, where);
  }

  private check(type: string, key: string): void {
    if (this.rules.hidden(type)?.isHiddenKey(key) === true) throw refused(type);
  }
}

const refused = (type: string): FhirError => new FhirError('access-search', { type });
