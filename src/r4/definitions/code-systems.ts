/**
 * R4's own code systems as the build step derived them, each read when it is first asked for, and so is their index.
 * https://hl7.org/fhir/R4/terminologies-systems.html
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { CodeHierarchy } from './hierarchy.js';

interface Lean {
  version?: string;
  /** Every code with those right above it. */
  parents: Record<string, string[]>;
}

/** The name of a system, and what its codes mean. */
export interface CodeSystemTexts {
  name: string | undefined;
  displays: ReadonlyMap<string, string>;
  definitions: ReadonlyMap<string, string>;
  /** What else they are called. */
  designations: ReadonlyMap<string, readonly Designation[]>;
}

export interface Designation {
  language?: string;
  use?: object;
  value: string;
}

interface Concept {
  code?: string;
  display?: string;
  definition?: string;
  designation?: Partial<Designation>[];
  concept?: Concept[];
}

/** Of a CodeSystem as its authors wrote it. */
export function textsOf(system: { name?: string; concept?: Concept[] }): CodeSystemTexts {
  const displays = new Map<string, string>();
  const definitions = new Map<string, string>();
  const designations = new Map<string, Designation[]>();
  // A list of what is still to do rather than a recursion: what a client stored may be nested deeply.
  const open = [system.concept ?? []];
  for (let list = open.pop(); list !== undefined; list = open.pop()) {
    for (const { code, display, definition, designation = [], concept } of list) {
      if (concept !== undefined) open.push(concept);
      if (code === undefined) continue;
      if (display !== undefined) displays.set(code, display);
      if (definition !== undefined) definitions.set(code, definition);
      const named = designation.filter((one): one is Designation => one.value !== undefined);
      if (named.length > 0) designations.set(code, named);
    }
  }
  return { name: system.name, displays, definitions, designations };
}

export class CodeSystems {
  private readonly texts = new Map<string, CodeSystemTexts>();
  private index: ReadonlyMap<string, number> | undefined;
  /** Only what was found: canonicals come from clients, and those that lead nowhere have no end. */
  private readonly read = new Map<string, CodeHierarchy>();

  /** `folder` holds what the build step made. */
  constructor(private readonly folder: string) {}

  /** By URL; `undefined` for a system that is not R4's own or whose codes are not all known. */
  hierarchy(url: string): CodeHierarchy | undefined {
    const known = this.read.get(url);
    if (known !== undefined) return known;
    const number = this.numberOf(url);
    if (number === undefined) return undefined;
    const { parents, version } = this.json<Lean>(`${number}.json`);
    const hierarchy = new CodeHierarchy(new Map(Object.entries(parents)), version);
    this.read.set(url, hierarchy);
    return hierarchy;
  }

  /** Name and displays, by URL; `undefined` as for `hierarchy`. */
  textsOf(url: string): CodeSystemTexts | undefined {
    const known = this.texts.get(url);
    if (known !== undefined) return known;
    const number = this.numberOf(url);
    if (number === undefined) return undefined;
    type Texts = { name?: string; displays: Record<string, string>; definitions: Record<string, string> };
    const { name, displays, definitions } = this.json<Texts>(`${number}-texts.json`);
    const texts = {
      name,
      displays: new Map(Object.entries(displays)),
      definitions: new Map(Object.entries(definitions)),
      designations: new Map(),
    };
    this.texts.set(url, texts);
    return texts;
  }

  private numberOf(url: string): number | undefined {
    this.index ??= new Map(Object.entries(this.json<Record<string, number>>('index.json')));
    return this.index.get(url);
  }

  private json<T>(name: string): T {
    return JSON.parse(readFileSync(join(this.folder, 'code-systems', name), 'utf8')) as T;
  }
}
