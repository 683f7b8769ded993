/**
 * Where a canonical leads: the definitions at hand (R4's, our profiles, packages), then what clients stored.
 * https://hl7.org/fhir/R4/references.html#canonical
 */
import { CodeHierarchy, type CodeSystemContent, type Definitions } from '../r4/definitions/index.js';
import type { CodeSet } from './code-set.js';
import type { ValueSet } from './value-set.js';

/** Where ValueSets and CodeSystems that clients stored are found: by canonical URL (and optional version). */
export interface TerminologySource {
  find(type: 'ValueSet' | 'CodeSystem', url: string, version: string | undefined): Promise<object | undefined>;
}

/** A resource that was asked for and has not been looked for yet. */
export interface Missing {
  type: 'ValueSet' | 'CodeSystem';
  url: string;
  version: string | undefined;
}

function isOfType(found: object | undefined, type: string): boolean {
  return (found as { resourceType?: unknown } | undefined)?.resourceType === type;
}

/** `url|version`; no version where nothing stands behind the bar. */
function parsed(canonical: string): { url: string; version: string | undefined } {
  const bar = canonical.indexOf('|');
  if (bar === -1) return { url: canonical, version: undefined };
  return { url: canonical.slice(0, bar), version: canonical.slice(bar + 1) || undefined };
}
function canonicalOf(url: string, version: string | undefined): string {
  return version === undefined ? url : `${url}|${version}`;
}

/**
 * Answers at once. What is neither in the definitions nor among what was fetched is noted as missing, so that a caller
 * who can wait may fetch it and ask again.
 */
export class Sources {
  private readonly fetched = new Map<string, object | undefined>();
  private missing = new Map<string, Missing>();

  constructor(private readonly definitions: Definitions) {}

  /** What was missing since the last call. */
  takeMissing(): Missing[] {
    const missing = [...this.missing.values()];
    this.missing = new Map();
    return missing;
  }

  /** `found` is what there is for `missing`, `undefined` for nothing. */
  add({ type, url, version }: Missing, found: object | undefined): void {
    this.fetched.set(`${type} ${canonicalOf(url, version)}`, found);
  }

  /**
   * A value set as it was written, or its codes where R4's definitions have them. With a version only that one will do:
   * another one's codes would be a wrong answer that looks right.
   */
  valueSet(canonical: string): { written: ValueSet } | { codes: CodeSet } | undefined {
    const { url, version } = parsed(canonical);
    const profiled = this.definitions.authored('ValueSet', canonicalOf(url, version));
    if (profiled !== undefined) return { written: profiled as ValueSet };
    const known = this.definitions.valueSetVersion(url);
    if (known !== undefined && (version === undefined || version === known)) {
      return { codes: new Map(this.definitions.valueSetCodes(url)?.bySystem()) };
    }
    const found = this.stored('ValueSet', url, version);
    return found === undefined ? undefined : { written: found as ValueSet };
  }

  /** A code system whose codes are all known. */
  hierarchy(url: string, version: string | undefined): CodeHierarchy | undefined {
    const known = this.definitions.hierarchy(canonicalOf(url, version));
    if (known !== undefined) return known;
    const found = this.stored('CodeSystem', url, version);
    return found === undefined ? undefined : CodeHierarchy.of(found as CodeSystemContent);
  }

  private stored(type: Missing['type'], url: string, version: string | undefined): object | undefined {
    const key = `${type} ${canonicalOf(url, version)}`;
    if (!this.fetched.has(key)) this.missing.set(key, { type, url, version });
    const found = this.fetched.get(key);
    return isOfType(found, type) ? found : undefined;
  }
}
