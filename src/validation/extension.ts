/** Extensions: value or nested ones, place, and their own definition where it is known. https://hl7.org/fhir/R4/extensibility.html */
import type { StructureDefinition } from '../r4/definitions/index.js';
import { isAbsolute } from './definitional/canonical.js';
import { type At, below, fail, isObject, type Json, note, type Run, shown } from './explain.js';
import type { Check } from './plan.js';

/** Reserved for examples (RFC 2606): nobody publishes definitions there, and HL7's own examples use it. */
const isExample = (url: string): boolean => /^https?:\/\/example\.(org|com)\//.test(url);

/**
 * HL7's own, outside the realms of guides (`/fhir/uv/`): those of later packs and of other versions of FHIR are published
 * apart from R4, so that not to know one says nothing. https://hl7.org/fhir/extensions/
 */
const isOfHl7 = (url: string): boolean => /^http:\/\/hl7\.org\/fhir\/(?![a-z]{2}\/)/.test(url);

/** What is known of an extension from its definition. */
export interface ExtensionRules {
  check: Check;
  definition: StructureDefinition;
  modifier: boolean;
  /** How often one element may have it. */
  max: number;
  /** Urls of its parts; `undefined` where it has none of its own. */
  parts: ReadonlySet<string> | undefined;
  /** Where it was met already, and whether it has its place there: by the path in the definition. */
  places: Map<string, { type: string; isResource: boolean; allowed: boolean }>;
}
export interface ExtensionSettings {
  /** What an extension without a known definition is. Default `warning`. */
  unknownExtensions?: 'error' | 'warning' | 'ignore';
}

export function hasValue(extension: Json): boolean {
  for (const key in extension) {
    if (key.startsWith('value') || key.startsWith('_value')) return true;
  }
  return false;
}

/** The rules on every extension, nested ones too. */
export function extensionCheck(
  rulesOf: (url: string) => ExtensionRules | undefined,
  { unknownExtensions: unknown = 'warning' }: ExtensionSettings,
): Check {
  return (value, at, run) => {
    const extension = value as Json;
    const { url } = extension;
    if (typeof url !== 'string') return true;
    if (hasValue(extension) === (extension.extension !== undefined)) {
      return fail(run, at, 'extension-value', { url: shown(url) });
    }
    // A relative url names a part of the extension around it, whose definition checks it.
    if (!isAbsolute(url)) return true;
    const rules = rulesOf(url);
    if (rules === undefined) {
      if (unknown === 'ignore' || isExample(url)) return true;
      if (unknown === 'error' && !isOfHl7(url)) return fail(run, at, 'extension-unknown', { url: shown(url) });
      return note(run, at, 'warning', 'extension-unknown', { url: shown(url) });
    }
    const ok = rules.check(extension, at, run);
    return (ok || at !== undefined) && checkParts(extension, rules, at, run) && ok;
  };
}

function checkParts(extension: Json, { parts }: ExtensionRules, at: At, run: Run): boolean {
  const nested = extension.extension;
  if (parts === undefined || !Array.isArray(nested)) return true;
  let ok = true;
  for (let i = 0; i < nested.length; i++) {
    const part: unknown = nested[i];
    if (!isObject(part) || typeof part.url !== 'string' || isAbsolute(part.url) || parts.has(part.url)) continue;
    ok = fail(run, below(at, 'extension', i), 'extension-part', { url: shown(part.url), parts: [...parts].join(', ') });
    if (at === undefined) return false;
  }
  return ok;
}

/**
 * How often each is there, beside the cardinality of its definition's root; a warning, since HL7's own validator takes
 * more.
 */
export function checkRepeats(
  extensions: readonly unknown[],
  rulesOf: (url: string) => ExtensionRules | undefined,
  at: At,
  run: Run,
): void {
  // Few, mostly: then no table is made.
  const counts = extensions.length > 16 ? new Map<string, number>() : undefined;
  for (let i = 0; i < extensions.length; i++) {
    const one = extensions[i];
    if (!isObject(one) || typeof one.url !== 'string') continue;
    let before = counts?.get(one.url) ?? 0;
    if (counts !== undefined) counts.set(one.url, before + 1);
    else for (let j = 0; j < i; j++) if ((extensions[j] as Json | null)?.url === one.url) before++;
    if (before === 0) continue;
    const max = rulesOf(one.url)?.max ?? Number.POSITIVE_INFINITY;
    if (before === max) note(run, at, 'warning', 'extension-max', { url: shown(one.url), max });
  }
}

/** The rules on the extensions of an element that is not an extension: the form of the url, the place. */
export function checkPlace(
  extension: Json,
  member: string,
  rules: ExtensionRules | undefined,
  isResource: boolean,
  at: At,
  run: Run,
): boolean {
  const { url } = extension;
  if (typeof url !== 'string') return true;
  if (!isAbsolute(url)) return fail(run, below(at, 'url'), 'extension-url-relative', { url: shown(url) });
  if (url.includes('|')) return fail(run, below(at, 'url'), 'extension-url-version', { url: shown(url) });
  const asModifier = member === 'modifierExtension';
  if (rules === undefined)
    return !asModifier || isExample(url) || fail(run, at, 'modifier-unknown', { url: shown(url) });
  if (rules.modifier !== asModifier) return fail(run, at, 'extension-modifier', { url: shown(url) });
  const contexts = rules.definition.context;
  if (contexts === undefined || contexts.length === 0) return true;
  if (hasPlace(rules, contexts, isResource, run)) return true;
  const allowed = contexts.map(({ expression }) => expression).join(', ');
  return fail(run, at, 'extension-context', { url: shown(url), place: run.hostPath, allowed });
}

function hasPlace(rules: ExtensionRules, contexts: readonly Context[], isResource: boolean, run: Run): boolean {
  const { hostPath, hostType } = run;
  const known = rules.places.get(hostPath);
  if (known !== undefined && known.type === hostType && known.isResource === isResource) return known.allowed;
  const allowed = contexts.some((context) => isPlace(context, isResource, run));
  rules.places.set(hostPath, { type: hostType, isResource, allowed });
  return allowed;
}

type Context = NonNullable<StructureDefinition['context']>[number];

/** Is the element that is walked within a context? */
function isPlace(context: Context, isResource: boolean, run: Run): boolean {
  // An expression of FHIRPath is not evaluated in this version, so it lets every place pass.
  if (context.type === 'fhirpath') return true;
  if (context.type !== 'element') return false;
  const expression = context.expression.replace('[x]', '');
  const { hostPath, hostType } = run;
  if (expression === hostPath || expression === hostType || expression === 'Element') return true;
  if (/^(Resource|DomainResource|CanonicalResource|MetadataResource)$/.test(expression)) return isResource;
  if (expression === 'BackboneElement') return !isResource && /^(BackboneElement|Element)$/.test(hostType);
  if (expression === 'Quantity') return /^(Age|Count|Distance|Duration|Money|SimpleQuantity)$/.test(hostType);
  // Profiles and paths into data types (`Patient.name.family`) are told by their last step.
  if (expression.includes('/')) return true;
  const steps = expression.split('.');
  return steps.length > 2 && hostPath.endsWith(`.${steps.at(-1)}`);
}
