/** How a search is done: it is done while its cursors are noted, and the server explains each of these. */
import type { AggregationCursor, FindCursor } from 'mongodb';
import type { Query } from '../../search/query.js';
import type { SearchPlan } from '../store.js';
import type { Collections } from './documents.js';
import { search } from './search.js';

type Noted = FindCursor | AggregationCursor;

export async function explain(collections: Collections, query: Query): Promise<SearchPlan> {
  const cursors: Noted[] = [];
  const { items } = await search({ ...collections, resources: noting(collections.resources, cursors) }, query);
  const plan = { indexes: new Set<string>(), keysExamined: 0 };
  for (const cursor of cursors) collect(await cursor.clone().explain('executionStats'), plan);
  return { indexes: [...plan.indexes].sort(), keysExamined: plan.keysExamined, resourcesRead: items.length };
}

/** The same collection, with every cursor that it gives out noted. */
function noting(resources: Collections['resources'], cursors: Noted[]): Collections['resources'] {
  return new Proxy(resources, {
    get(target, name) {
      const member = Reflect.get(target, name) as unknown;
      if (typeof member !== 'function') return member;
      return (...args: unknown[]) => {
        const result = member.apply(target, args);
        if (name === 'find' || name === 'aggregate') cursors.push(result as Noted);
        return result;
      };
    },
  });
}

/** What the server answers differs with the command; indexes and counts of their stages stand somewhere in it. */
function collect(node: unknown, plan: { indexes: Set<string>; keysExamined: number }): void {
  if (Array.isArray(node)) for (const one of node) collect(one, plan);
  else if (typeof node === 'object' && node !== null) {
    const { indexName, keysExamined, indexesUsed, totalKeysExamined, stage } = node as Record<string, unknown>;
    if (typeof indexName === 'string') plan.indexes.add(indexName);
    // A stage of its own; `totalKeysExamined` sums these, but for the stages that look into other resources.
    if (typeof keysExamined === 'number' && typeof stage === 'string') plan.keysExamined += keysExamined;
    if (Array.isArray(indexesUsed)) {
      for (const one of indexesUsed) plan.indexes.add(String(one));
      plan.keysExamined += Number(totalKeysExamined ?? 0);
    }
    for (const [name, value] of Object.entries(node)) {
      if (name !== 'rejectedPlans' && name !== 'allPlansExecution' && name !== 'command') collect(value, plan);
    }
  }
}
