/**
 * Where a canonical leads: our profiles, then R4's own definitions, then what clients stored.
 * https://hl7.org/fhir/R4/references.html#canonical
 */
import { CodeHierarchy, type CodeSystemContent, type Definitions } from '../r4/definitions/index.js';
import type { CodeSet } from './code-set.js';
import type { ValueSet } from './value-set.js';

/** Where ValueSets and CodeSystems that clients stored are found: by canonical URL (and optional version). */
export interface TerminologySource {
  find(type: 'ValueSet' | 'CodeSystem', url: string, version: string | undefined): Promise<object | undefined>;
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

export class Sources {
  constructor(
    private readonly definitions: Definitions,
    private readonly stored: TerminologySource,
  ) {}

  /**
   * A value set as it was written, or its codes where R4's definitions have them. With a version only that one will do:
   * another one's codes would be a wrong answer that looks right.
   */
  async valueSet(canonical: string): Promise<{ written: ValueSet } | { codes: CodeSet } | undefined> {
    const { url, version } = parsed(canonical);
    const profiled = this.definitions.authored('ValueSet', canonicalOf(url, version));
    if (profiled !== undefined) return { written: profiled as ValueSet };
    const known = this.definitions.valueSetVersion(url);
    if (known !== undefined && (version === undefined || version === known)) {
      return { codes: new Map(this.definitions.valueSetCodes(url)?.bySystem()) };
    }
    const found = await this.stored.find('ValueSet', url, version);
    return isOfType(found, 'ValueSet') ? { written: found as ValueSet } : undefined;
  }

  /** A code system whose codes are all known. */
  async hierarchy(url: string, version: string | undefined): Promise<CodeHierarchy | undefined> {
    const known = this.definitions.hierarchy(canonicalOf(url, version));
    if (known !== undefined) return known;
    const found = await this.stored.find('CodeSystem', url, version);
    return isOfType(found, 'CodeSystem') ? CodeHierarchy.of(found as CodeSystemContent) : undefined;
  }
}
