/**
 * Patch: JSON Patch, FHIRPath Patch or XML Patch, on an instance or on the one resource that criteria find. The outcome is validated
 * as an update is. https://hl7.org/fhir/R4/http.html#patch
 */
import { type Shapes, shapesOf } from '../r4/definitions/shapes.js';
import { FhirError } from '../r4/errors.js';
import { parseObject, type ScannedObject } from '../r4/json.js';
import { parseTree, pruned, treeText, withTokens } from '../r4/lossless.js';
import { applyFhirPathPatch, type PlacesOf } from '../r4/patch/fhirpath-patch.js';
import { applyJsonPatch } from '../r4/patch/json-patch.js';
import { malformed } from '../r4/patch/patch-error.js';
import { plainPlaces } from '../r4/patch/plain-path.js';
import { xmlOfJson } from '../r4/xml/write.js';
import { contentOf } from '../store/contents.js';
import { KeyedMutex } from '../store/keyed-mutex.js';
import type { Store, StoredVersion } from '../store/store.js';
import { placesOf } from '../validation/fhirpath.js';
import { parseCriteria } from './criteria.js';
import { versionsOf } from './etag.js';
import { checkId, incoming } from './incoming.js';
import type { Context, Interaction, InteractionRequest, Result } from './interaction.js';
import { refuseParameters } from './parameters.js';
import { current } from './read.js';

export const JSON_PATCH = 'application/json-patch+json';
export const XML_PATCH = 'application/xml-patch+xml';
/** Others may change the resource so often before the client is told to try again. */
const MAX_ATTEMPTS = 20;
/** Milliseconds that the expressions of a patch may take together. */
const TIME_IN_ALL = 2000;

export const patch: Interaction = {
  code: 'patch',
  level: 'instance',
  method: 'PATCH',
  path: '/:type/:id',
  takesBody: true,
  async run(request, context): Promise<Result> {
    refuseParameters(request);
    checkId(request.id);
    return await patched(request, context);
  },
};

export const conditionalPatch: Interaction = {
  ...patch,
  code: 'conditional-patch',
  level: 'type',
  path: '/:type',
  async run(request, context): Promise<Result> {
    const { type, parameters } = request;
    const { query, locks } = await parseCriteria(type, parameters, context);
    const id = await context.services.store.transact(locks, async (transaction) => {
      const { items } = await transaction.search(query);
      if (items.length > 1) throw new FhirError('multiple-matches');
      if (items[0] === undefined) throw new FhirError('condition-no-match');
      return items[0].id;
    });
    return await patched({ ...request, id }, context);
  },
};

/** By the contents, which a tenant's stores share whoever sees them. Patches of one resource take turns, so that no more than those of other processes are in each other's way. */
const turns = new WeakMap<Store['contents'], KeyedMutex>();

async function patched(request: InteractionRequest, context: Context): Promise<Result> {
  const { store } = context.services;
  const mutex = turns.get(store.contents) ?? new KeyedMutex();
  turns.set(store.contents, mutex);
  return await mutex.run([`${request.type}/${request.id}`], () => attempts(request, context));
}

/** On the version of now; another one that came in between is patched instead, unless If-Match says which. */
async function attempts(request: InteractionRequest, context: Context): Promise<Result> {
  const { type, id, body, ifMatch } = request;
  const { store } = context.services;
  if (body === undefined) throw new FhirError('empty-body');
  const wanted = versionsOf(ifMatch);
  for (let attempt = 0; attempt < MAX_ATTEMPTS; attempt++) {
    const now = await current(request, context.services);
    if (typeof wanted === 'object' && !wanted.includes(now.version)) throw new FhirError('version-conflict');
    const outcome = parseObject(await applied(now, body, context));
    if (outcome.value.id !== id || outcome.value.resourceType !== type) throw new FhirError('patch-identity');
    // Data that are kept apart show as their address; those that the patch left alone stay where they are.
    const content = contentOf(now.text);
    const same = content !== undefined && outcome.value.data === content;
    const resource = await incoming({ ...request, body: outcome, ...(same && { content }) }, context);
    const expect = { version: now.version };
    const result = await store.put({ type, id, content: resource.content, method: 'PUT', expect, from: now });
    if (result.outcome === 'updated') return { status: 200, version: result.version, issues: resource.issues };
    if (result.version?.deleted === true) throw new FhirError('gone', { type, id });
  }
  throw new FhirError('contended');
}

/** The text of the resource with the patch applied. */
async function applied(version: StoredVersion, body: ScannedObject, { services }: Context): Promise<string> {
  const stored = parseObject(version.text);
  const tree = withTokens(stored.value, stored.rawNumbers);
  const { resourceType, contentType, data } = body.value;
  if (resourceType === 'Parameters') {
    const shapes = shapesOf(services.definitions);
    applyFhirPathPatch(tree, withTokens(body.value, body.rawNumbers), shapes, expressionPlaces(shapes));
    return treeText(pruned(tree));
  }
  const type = resourceType === 'Binary' && typeof contentType === 'string' ? mediaType(contentType) : '';
  const text = Buffer.from(typeof data === 'string' ? data : '', 'base64').toString('utf8');
  if (type === JSON_PATCH) return treeText(pruned(applyJsonPatch(tree, parseTree(text))));
  if (type === XML_PATCH) return await xmlPatched(version.text, text, shapesOf(services.definitions));
  throw malformed(
    `a Parameters resource is expected, or a Binary of type ${JSON_PATCH} or ${XML_PATCH}`,
    `une ressource Parameters est attendue, ou un Binary de type ${JSON_PATCH} ou ${XML_PATCH}`,
  );
}

/** The patch speaks of the resource as it is in XML. What reads XML is loaded at the first use, since few need it. */
async function xmlPatched(stored: string, patch: string, shapes: Shapes): Promise<string> {
  const [{ jsonOfXml }, { parseXml, xmlText }, { applyXmlPatch }] = await Promise.all([
    import('../r4/xml/read.js'),
    import('../r4/xml/dom.js'),
    import('../r4/patch/xml-patch.js'),
  ]);
  const document = parseXml(xmlOfJson(stored, shapes));
  applyXmlPatch(document, parseXml(patch));
  return jsonOfXml(xmlText(document), shapes);
}

/** Paths that only name elements are walked; others are evaluated, all of them within a time. */
function expressionPlaces(shapes: Shapes): PlacesOf {
  let taken = 0;
  return (expression, resource) => {
    const plain = plainPlaces(expression, resource, shapes);
    if (plain !== undefined) return plain;
    if (taken > TIME_IN_ALL) throw new Error('too much to evaluate');
    const began = performance.now();
    try {
      // The package knows plain numbers alone.
      return placesOf(expression, JSON.parse(JSON.stringify(resource)));
    } finally {
      taken += performance.now() - began;
    }
  };
}

const mediaType = (contentType: string): string => (contentType.split(';')[0] as string).trim().toLowerCase();
