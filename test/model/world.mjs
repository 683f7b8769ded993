/** The naive server: all resources in memory, each query asked of each of them. */
import { fitsDate, fitsValue, folded, hasValue, parted, plain, sortValue, targetOf } from './comparisons.mjs';
import { parametersOf, partsOf, valuesOf } from './definitions.mjs';

/** Elements of the patient compartment, by type. https://hl7.org/fhir/R4/compartmentdefinition-patient.html */
export const COMPARTMENT = {
  Appointment: ['actor'],
  CarePlan: ['patient', 'performer'],
  Condition: ['patient', 'asserter'],
  DocumentReference: ['subject', 'author'],
  Encounter: ['patient'],
  List: ['subject', 'source'],
  Observation: ['subject', 'performer'],
  RiskAssessment: ['subject'],
  Schedule: ['actor'],
};

/** Words of a text, folded. */
const wordsOf = (text) => text.split(/[^\p{L}\p{N}\p{M}]+/u).map(folded);
const withoutTags = (xhtml) => xhtml.replace(/<\/?(b|i|em|strong|span)>/g, '').replace(/<[^>]*>/g, ' ');

/** All strings of a resource but those of its meta. */
function textsBelow(value, name = '') {
  if (typeof value === 'string') return [name === 'div' ? withoutTags(value) : value];
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, below]) =>
    key === 'meta' ? [] : textsBelow(below, Array.isArray(value) ? name : key),
  );
}

export class World {
  /** `Type/id` to what is there: the resource as it was answered, and what has been read of it. */
  #live = new Map();
  constructor(base) {
    this.base = base;
  }

  set(resource) {
    this.#live.set(`${resource.resourceType}/${resource.id}`, { resource, nodes: new Map() });
  }
  remove(type, id) {
    this.#live.delete(`${type}/${id}`);
  }
  has(type, id) {
    return this.#live.has(`${type}/${id}`);
  }
  /** All of a type. */
  of(type) {
    return [...this.#live.values()].filter(({ resource }) => resource.resourceType === type);
  }

  /** Those of a type that fit all conditions. */
  select(type, conditions) {
    return this.of(type).filter((entry) => conditions.every((condition) => this.fits(entry, condition)));
  }

  nodes(entry, parameter) {
    let found = entry.nodes.get(parameter.url);
    if (found === undefined) {
      found = parameter.type === 'composite' ? partsOf(parameter, entry.resource) : valuesOf(parameter, entry.resource);
      entry.nodes.set(parameter.url, found);
    }
    return found;
  }

  /** The address that a resource is referred to by. */
  static address({ resource }) {
    return `${resource.resourceType}/${resource.id}`;
  }

  /** What a reference parameter of `entry` leads to, among what is there. */
  targets(entry, parameter) {
    const found = this.nodes(entry, parameter).filter(({ type }) => type === 'Reference');
    const addresses = new Set(found.map((node) => targetOf(node, this.base)));
    return [...addresses].map((address) => this.#live.get(address)).filter((one) => one !== undefined);
  }

  /** `condition` is one parameter: its name as in the URL and its value, or for `_filter` the tree of its tests. */
  fits(entry, { name, value, tree }) {
    if (name === '_filter') return this.#fitsTree(entry, tree);
    const { resource } = entry;
    const type = resource.resourceType;
    if (name.startsWith('_has:')) {
      const [, other, reference, ...rest] = name.split(':');
      const parameter = parametersOf(other).get(reference);
      return this.of(other).some(
        (one) => this.targets(one, parameter).includes(entry) && this.fits(one, { name: rest.join(':'), value }),
      );
    }
    const dot = name.indexOf('.');
    if (dot >= 0) {
      const [code, target] = name.slice(0, dot).split(':');
      const rest = { name: name.slice(dot + 1), value };
      const parameter = parametersOf(type).get(code);
      return this.targets(entry, parameter).some(
        (one) =>
          (target === undefined || one.resource.resourceType === target) &&
          (parameter.target ?? []).includes(one.resource.resourceType) &&
          knows(one.resource.resourceType, rest.name) &&
          this.fits(one, rest),
      );
    }
    const [code, modifier] = name.split(':');
    const texts = parted(value, ',');
    switch (code) {
      case '_id':
        return texts.map(plain).includes(resource.id) !== (modifier === 'not');
      case '_lastUpdated': {
        const at = Date.parse(resource.meta.lastUpdated);
        return texts.some((text) => fitsDate([[at, at + 1]], text));
      }
      case '_list':
        return texts.some((id) => {
          const list = this.#live.get(`List/${id}`);
          return list !== undefined && this.targets(list, parametersOf('List').get('item')).includes(entry);
        });
      case '_text':
      case '_content': {
        const within = code === '_text' ? [withoutTags(resource.text?.div ?? '')] : textsBelow(resource);
        const words = new Set(within.flatMap(wordsOf));
        return texts.some((text) => wordsOf(plain(text)).every((word) => word === '' || words.has(word)));
      }
      default:
        return this.#fitsParameter(entry, parametersOf(type).get(code), modifier, texts);
    }
  }

  #fitsParameter(entry, parameter, modifier, texts) {
    const nodes = this.nodes(entry, parameter);
    if (parameter.type === 'composite') {
      return texts.some((text) => nodes.some((parts) => this.#fitsParts(parts, parted(text, '$'))));
    }
    if (modifier === 'missing') return hasValue(parameter, nodes, this.base) === (texts[0] === 'false');
    const positive = modifier === 'not' ? undefined : modifier === 'not-in' ? 'in' : modifier;
    const isMet = texts.some((text) => fitsValue(parameter, positive, nodes, text, this.base));
    return isMet !== (modifier === 'not' || modifier === 'not-in');
  }

  #fitsParts(parts, texts) {
    return parts.every(({ parameter, nodes }, i) => fitsValue(parameter, undefined, nodes, texts[i], this.base));
  }

  #fitsTree(entry, tree) {
    const { op } = tree;
    if (op === 'and') return this.#fitsTree(entry, tree.left) && this.#fitsTree(entry, tree.right);
    if (op === 'or') return this.#fitsTree(entry, tree.left) || this.#fitsTree(entry, tree.right);
    if (op === 'not') return !this.#fitsTree(entry, tree.of);
    const met = this.fits(entry, { name: tree.name, value: tree.value });
    return tree.isNot ? !met : met;
  }

  /** The value that `_sort=code` goes by. */
  sortValue(entry, code, descending) {
    const { resource } = entry;
    if (code === '_id') return resource.id;
    if (code === '_lastUpdated') return Date.parse(resource.meta.lastUpdated);
    const parameter = parametersOf(resource.resourceType).get(code);
    return sortValue(parameter, this.nodes(entry, parameter), descending, this.base);
  }

  /** What `_include` and `_revinclude` bring beside matches, once each. `iterate` starts from what was brought, too. */
  included(matches, inclusions) {
    const found = new Set(matches);
    const step = (from, { reverse, type, code, target }) => {
      const parameters = code === '*' ? references(type) : [parametersOf(type).get(code)];
      const fits = (one) => target === undefined || one.resource.resourceType === target;
      if (!reverse) {
        const sources = from.filter(({ resource }) => resource.resourceType === type);
        return sources.flatMap((one) => parameters.flatMap((p) => this.targets(one, p))).filter(fits);
      }
      const wanted = new Set(from.filter(fits));
      return this.of(type).filter((one) =>
        parameters.some((p) => this.targets(one, p).some((target) => wanted.has(target))),
      );
    };
    let from = matches;
    let rules = inclusions;
    while (from.length > 0 && rules.length > 0) {
      const brought = rules.flatMap((rule) => step(from, rule)).filter((one) => !found.has(one));
      from = [...new Set(brought)];
      for (const one of from) found.add(one);
      rules = inclusions.filter(({ iterate }) => iterate);
    }
    for (const match of matches) found.delete(match);
    return [...found];
  }
}

/** Whether a type has what a chain goes on with. */
function knows(type, name) {
  if (name.startsWith('_')) return true;
  const code = name.split(/[.:]/)[0];
  return parametersOf(type).has(code);
}

/** Its parameters of type reference, but for those that hold canonical addresses: these name no resource's id. */
export function references(type) {
  return [...parametersOf(type).values()].filter((one) => one.type === 'reference' && !one.code.includes('canonical'));
}
