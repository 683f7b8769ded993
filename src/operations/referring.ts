/** All resources that refer to one, found by the reference indexes, and the same with the reference led elsewhere. */
import { contentOf } from '../interactions/incoming.js';
import type { Context } from '../interactions/interaction.js';
import { shapesOf } from '../r4/definitions/shapes.js';
import { FhirError } from '../r4/errors.js';
import { jsonPathExpression, parseObject } from '../r4/json.js';
import { withStrings } from '../r4/json-text.js';
import { linksOf } from '../r4/links.js';
import { isReference } from '../search/inclusions.js';
import type { Put, StoredVersion } from '../store/store.js';

/** Records of what was done say what it was done to, then: they stay as they are. Patients are linked by the merge itself. */
const KEPT = new Set(['AuditEvent', 'Provenance', 'Patient']);
const PAGE = 500;

/** Throws `merge-too-many` beyond `most`, `parameter-pending` while the indexes are rebuilt. */
export async function referring(reference: string, most: number, { services }: Context): Promise<StoredVersion[]> {
  const { registry, store } = services;
  const type = reference.slice(0, reference.indexOf('/'));
  const found = new Map<string, StoredVersion>();
  for (const source of [...services.types].sort()) {
    if (KEPT.has(source)) continue;
    for (const key of keysOf(source, type, registry)) {
      let more: { cursor?: string; moment?: string } | undefined = {};
      while (more !== undefined) {
        const filters = [{ kind: 'reference' as const, key, anyOf: [reference] }];
        const past = (t: string, text: string) => registry.extract(t, JSON.parse(text), '');
        const page = await store.search({ type: source, filters, sort: [], count: PAGE, past, ...more });
        for (const version of page.items) found.set(`${version.type}/${version.id}`, version);
        if (found.size > most) throw new FhirError('merge-too-many', { max: most });
        more =
          page.next === undefined
            ? undefined
            : { cursor: page.next, ...(page.moment !== undefined && { moment: page.moment }) };
      }
    }
  }
  return [...found.values()];
}

/** The indexes of references of a type that may lead to the other type, each once. */
function keysOf(source: string, type: string, registry: Context['services']['registry']): Set<string> {
  const keys = new Set<string>();
  for (const parameter of registry.parameters(source).filter(isReference)) {
    const { targets, key, code } = parameter;
    if (targets.length > 0 && !targets.includes(type)) continue;
    if (registry.isPending(source, parameter)) throw new FhirError('parameter-pending', { name: code, type: source });
    keys.add(key);
  }
  return keys;
}

/** The write that leads its references from one resource to another; `undefined` where it refers to a version of it alone. */
export function redirected(version: StoredVersion, from: string, to: string, context: Context): Put | undefined {
  const { type, id, text } = version;
  const { baseUrl, services } = context;
  const targets = new Map([
    [from, to],
    [`${baseUrl}/${from}`, `${baseUrl}/${to}`],
  ]);
  const replacements = new Map<string, string>();
  for (const { kind, path, text: link } of linksOf(parseObject(text).value, shapesOf(services.definitions))) {
    const target = kind === 'reference' ? targets.get(link) : undefined;
    if (target !== undefined) replacements.set(jsonPathExpression(path), target);
  }
  if (replacements.size === 0) return undefined;
  const content = contentOf(type, parseObject(withStrings(text, replacements)), context);
  return { type, id, content, method: 'PUT', expect: { version: version.version } };
}
