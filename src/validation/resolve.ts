/** What a reference leads to inside what is validated: contained resources, entries of the Bundle around. https://hl7.org/fhir/R4/bundle.html#references */
import { isNewer } from '../r4/definitions/index.js';
import { isAbsolute } from './definitional/canonical.js';
import { isObject, type Json, type Run } from './explain.js';

/** Beyond this many a table is quicker than a look at each. */
const FEW = 8;
const tables = new WeakMap<readonly unknown[], Map<string, Json>>();

/** The first of each id. */
function tableOf(contained: readonly unknown[]): Map<string, Json> {
  let table = tables.get(contained);
  if (table === undefined) {
    table = new Map();
    for (const resource of contained) {
      if (isObject(resource) && typeof resource.id === 'string' && !table.has(resource.id))
        table.set(resource.id, resource);
    }
    tables.set(contained, table);
  }
  return table;
}

/** The contained resource with this id, or `undefined`. */
export function containedById(container: Json | undefined, id: string): Json | undefined {
  const contained = container?.contained;
  if (!Array.isArray(contained)) return undefined;
  if (contained.length > FEW) return tableOf(contained).get(id);
  return contained.find((resource) => isObject(resource) && resource.id === id) as Json | undefined;
}

/** Of an address of a resource, without a version. */
const RESTFUL = /^(https?:.*\/)[A-Za-z]+\/[A-Za-z0-9\-.]{1,64}$/;

/** Entries by their fullUrl and by `Type/id`; a versioned Bundle may have several of each. */
class BundleIndex {
  readonly byUrl = new Map<string, Json[]>();
  readonly byIdentity = new Map<string, Json[]>();
  /** Questionnaires by their canonical, without a version. */
  readonly questionnaires = new Map<string, Json[]>();
  /** Where the server of an entry begins, `https://x/fhir/`; `undefined` for an entry that is of no server. */
  readonly rootOf = new Map<Json, string | undefined>();

  constructor(bundle: Json) {
    for (const entry of Array.isArray(bundle.entry) ? bundle.entry : []) {
      if (!isObject(entry) || !isObject(entry.resource)) continue;
      const { fullUrl, resource } = entry;
      if (resource.resourceType === 'Questionnaire' && typeof resource.url === 'string') {
        append(this.questionnaires, resource.url, resource);
      }
      if (typeof fullUrl === 'string') {
        append(this.byUrl, fullUrl, resource);
        this.rootOf.set(resource, RESTFUL.exec(fullUrl)?.[1]);
      }
      if (typeof resource.id === 'string')
        append(this.byIdentity, `${String(resource.resourceType)}/${resource.id}`, resource);
    }
  }
}

function append(map: Map<string, Json[]>, key: string, value: Json): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [value]);
  else known.push(value);
}

const indexes = new WeakMap<Json, BundleIndex>();

function indexOf(bundle: Json): BundleIndex {
  let index = indexes.get(bundle);
  if (index === undefined) {
    index = new BundleIndex(bundle);
    indexes.set(bundle, index);
  }
  return index;
}

export interface Resolved {
  from: 'contained' | 'bundled' | 'elsewhere';
  /** None when it is not at hand; more than one when the Bundle does not tell which is meant. */
  matches: readonly Json[];
}

const ELSEWHERE: Resolved = { from: 'elsewhere', matches: [] };

/** Of the literal `reference` in the resource that `run` is at. */
export function resolveReference(reference: string, run: Run): Resolved {
  if (reference.charCodeAt(0) === 0x23) {
    const target = reference === '#' ? run.container : containedById(run.container, reference.slice(1));
    return { from: 'contained', matches: target === undefined ? [] : [target] };
  }
  if (run.bundle === undefined) return ELSEWHERE;
  const index = indexOf(run.bundle);
  const [plain = '', version] = reference.includes('/_history/') ? reference.split('/_history/') : [reference];
  const root = run.container === undefined ? undefined : index.rootOf.get(run.container);
  const found = matchesIn(index, plain, root);
  const matches = version === undefined ? found : found.filter((each) => versionOf(each) === version);
  return matches.length === 0 ? ELSEWHERE : { from: 'bundled', matches };
}

/**
 * The Questionnaire that comes with a response, by its canonical, its fullUrl or `Questionnaire/id`; of several versions
 * the one that is asked for, else the newest.
 */
export function bundledQuestionnaire(canonical: string, run: Run): Json | undefined {
  const bundle = run.bundle ?? run.around;
  if (bundle === undefined) return undefined;
  const index = indexOf(bundle);
  const [url = '', version = ''] = canonical.split('|');
  const named = [
    ...(index.questionnaires.get(url) ?? NONE),
    ...(index.byUrl.get(url) ?? index.byIdentity.get(url) ?? NONE),
  ];
  const fitting = named.filter(
    (each) => each.resourceType === 'Questionnaire' && (version === '' || each.version === version),
  );
  return fitting.reduce<Json | undefined>((newest, each) => {
    return newest === undefined || isNewer(String(each.version ?? ''), String(newest.version ?? '')) ? each : newest;
  }, undefined);
}

function matchesIn(index: BundleIndex, reference: string, root: string | undefined): readonly Json[] {
  if (isAbsolute(reference)) return index.byUrl.get(reference) ?? NONE;
  // Beside an entry that is not of a server, `Type/id` can only mean the entry that says to be it.
  return (root === undefined ? index.byIdentity.get(reference) : index.byUrl.get(root + reference)) ?? NONE;
}
const NONE: readonly Json[] = [];

function versionOf({ meta }: Json): unknown {
  return isObject(meta) ? meta.versionId : undefined;
}
