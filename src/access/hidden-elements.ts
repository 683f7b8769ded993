/**
 * Elements that a policy hides: they are cut from what a caller reads, kept in what he writes, and no search of his asks
 * for them. https://hl7.org/fhir/R4/search.html#summary (SUBSETTED)
 */
import type { Definitions } from '../r4/definitions/index.js';
import { FhirError } from '../r4/errors.js';
import { parseObject } from '../r4/json.js';
import { itemTexts, memberTexts } from '../r4/json-text.js';
import { tagged } from '../r4/subset.js';
import { ownKey } from '../search/keys.js';
import type { SearchRegistry } from '../search/registry.js';
import type { Put, StoredVersion } from '../store/store.js';

/** The narrative tells all of a resource again. */
const NARRATIVE = 'text';

export class HiddenElements {
  private readonly keys = new Map<string, boolean>();
  private readonly cuts: (name: string) => boolean;

  /** `elements` are those at the top of the type, `value` also for `valueQuantity`. */
  constructor(
    private readonly type: string,
    private readonly elements: readonly string[],
    private readonly registry: SearchRegistry,
    private readonly definitions: Definitions,
    private readonly baseUrl: string,
  ) {
    const names = new Set([NARRATIVE, ...elements]);
    const choices = elements.filter((one) => CHOICES.has(one));
    this.cuts = (name) => {
      const plain = name.startsWith('_') ? name.slice(1) : name;
      return names.has(plain) || choices.some((one) => plain.startsWith(one) && /^[A-Z]/.test(plain.slice(one.length)));
    };
  }

  /** The version as it may be seen. */
  cut(version: StoredVersion): StoredVersion {
    if (version.deleted) return version;
    const members = memberTexts(version.text);
    const kept = members.filter(({ name }) => !this.cuts(name));
    if (kept.length === members.length) return version;
    const text = `{${kept.map(({ name, text }) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
    return { ...version, text: tagged(text) };
  }

  /** Does an index hold something of what is hidden? Of a client's own definition nobody knows: it counts as one that does. */
  isHiddenKey(key: string): boolean {
    let hidden = this.keys.get(key);
    if (hidden === undefined) {
      hidden = this.reads(key);
      this.keys.set(key, hidden);
    }
    return hidden;
  }

  private reads(key: string): boolean {
    // Parts of an index, and what is asked of contained resources, go by the index itself.
    const own = ownKey(key);
    const served = this.registry.parameters(this.type).filter((one) => one.key === own);
    if (served.length === 0) return true;
    const defined = this.definitions.searchParameters(this.type);
    return served.some(({ url }) => {
      const definition = defined.find((one) => one.url === url);
      if (definition === undefined) return true;
      const { expression = '', component = [] } = definition;
      const text = [expression, ...component.map((one) => one.expression)].join(' ');
      return this.elements.some((one) => new RegExp(`\\b${one}\\b`).test(text));
    });
  }

  /**
   * What is hidden stays as it is stored: who cannot see it cannot change it. Throws `access-element` for a write that
   * brings another one.
   */
  kept(put: Put, now: StoredVersion): Put {
    const { content } = put;
    if (content === null) return put;
    const written = memberTexts(`{${content.text.rest.slice(1)}}`);
    const brought = written.find(({ name }) => this.cuts(name) && name !== NARRATIVE);
    if (brought !== undefined) throw new FhirError('access-element', { type: this.type, name: brought.name });
    const hidden = memberTexts(now.text).filter(({ name }) => this.cuts(name));
    const members = [...written.filter(({ name }) => !this.cuts(name)), ...hidden];
    const rest = members.map(({ name, text }) => `,${JSON.stringify(name)}:${text}`).join('');
    const text = { ...content.text, metaRest: withoutSubsetted(content.text.metaRest), rest };
    const { value } = parseObject(`{"resourceType":"${this.type}"${metaOf(text.metaRest)}${rest}}`);
    const values = this.registry.extract(this.type, value, this.baseUrl);
    // `from` is what the writer saw, and not what is there.
    const { from: _, ...others } = put;
    return { ...others, content: { text, values } };
  }
}

/** Elements that carry their type in their name. https://hl7.org/fhir/R4/formats.html#choice */
const CHOICES: ReadonlySet<string> = new Set([
  'deceased',
  'multipleBirth',
  'value',
  'effective',
  'onset',
  'abatement',
  'occurrence',
  'performed',
  'medication',
  'product',
  'timing',
  'scheduled',
  'serviced',
  'reported',
  'asNeeded',
  'quantity',
  'age',
  'born',
  'identified',
  'allowed',
  'collected',
  'source',
  'topic',
  'subject',
  'event',
  'entity',
  'offer',
  'amount',
  'item',
]);

const metaOf = (metaRest: string): string => (metaRest === '' ? '' : `,"meta":{${metaRest.slice(1)}}`);

/** What was read with the tag was whole before, and is whole again. */
function withoutSubsetted(metaRest: string): string {
  if (!metaRest.includes('"SUBSETTED"')) return metaRest;
  return memberTexts(`{${metaRest.slice(1)}}`)
    .map(({ name, text }) => {
      if (name !== 'tag') return `,${JSON.stringify(name)}:${text}`;
      const tags = itemTexts(text).filter((one) => !one.includes('"SUBSETTED"'));
      return tags.length === 0 ? '' : `,"tag":[${tags.join(',')}]`;
    })
    .join('');
}
