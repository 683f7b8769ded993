/** FHIRPath Patch. https://hl7.org/fhir/R4/fhirpatch.html */
import type { ElementShape, Shape, Shapes } from '../definitions/shapes.js';
import type { JsonPath } from '../json.js';
import { NumberToken } from '../lossless.js';
import { inapplicable, malformed } from './patch-error.js';

type Tree = Record<string, unknown>;
const isObject = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof NumberToken);

/** Where an expression leads in a resource. Throws for one that cannot be evaluated. */
export type PlacesOf = (expression: string, resource: Tree) => readonly JsonPath[];

interface Operation {
  index: number;
  parts: ReadonlyMap<string, Tree>;
}

/**
 * Applies the operations of a Parameters resource to a resource, in order, in place. Throws `patch-malformed`,
 * `patch-inapplicable` with the index of the operation.
 */
export function applyFhirPathPatch(resource: Tree, parameters: Tree, shapes: Shapes, placesOf: PlacesOf): void {
  const operations = Array.isArray(parameters.parameter) ? parameters.parameter : [];
  for (const [index, each] of operations.entries()) {
    if (!isObject(each) || each.name !== 'operation') {
      throw malformed('each parameter is named operation', 'chaque parameter se nomme operation', index);
    }
    const parts = new Map<string, Tree>();
    for (const part of Array.isArray(each.part) ? each.part : []) {
      if (isObject(part) && typeof part.name === 'string') parts.set(part.name, part);
    }
    new Application(resource, { index, parts }, shapes, placesOf).run();
  }
}

class Application {
  constructor(
    private readonly resource: Tree,
    private readonly operation: Operation,
    private readonly shapes: Shapes,
    private readonly placesOf: PlacesOf,
  ) {}

  run(): void {
    const type = this.text('type');
    if (type === 'add') this.add();
    else if (type === 'insert') this.insert();
    else if (type === 'delete') this.delete();
    else if (type === 'replace') this.replace();
    else if (type === 'move') this.move();
    else {
      throw this.malformed(
        'type is add, insert, delete, replace or move',
        'type est add, insert, delete, replace ou move',
      );
    }
  }

  private malformed(en: string, fr: string) {
    return malformed(en, fr, this.operation.index);
  }
  private inapplicable(en: string, fr: string) {
    return inapplicable(this.operation.index, en, fr);
  }

  private text(name: string): string {
    const part = this.operation.parts.get(name);
    const value = part?.valueCode ?? part?.valueString;
    if (typeof value !== 'string') throw this.malformed(`${name} is missing`, `${name} manque`);
    return value;
  }

  private whole(name: string): number {
    const value = this.operation.parts.get(name)?.valueInteger;
    if (typeof value !== 'number' || value < 0) throw this.malformed(`${name} is missing`, `${name} manque`);
    return value;
  }

  private places(): readonly JsonPath[] {
    const path = this.text('path');
    try {
      return this.placesOf(path, this.resource);
    } catch {
      throw this.malformed('the path cannot be evaluated', 'le path ne peut être évalué');
    }
  }

  /** The one element at the path. */
  private place(): JsonPath {
    const [place, other] = this.places();
    if (place === undefined) throw this.inapplicable('the path finds nothing', 'le path ne trouve rien');
    if (other !== undefined)
      throw this.inapplicable('the path finds several elements', 'le path trouve plusieurs éléments');
    return place;
  }

  private add(): void {
    const place = this.place();
    const name = this.text('name');
    const { holder, shape } = this.container(place);
    const { key, element, value, sibling } = this.value(shape, name);
    if (!element.isArray && (holder[key] !== undefined || isPresentChoice(holder, shape, element))) {
      throw this.inapplicable(`${name} is there already`, `${name} est déjà là`);
    }
    if (!element.isArray) {
      if (value !== undefined) holder[key] = value;
      if (sibling !== undefined) holder[`_${key}`] = sibling;
      return;
    }
    const items = Array.isArray(holder[key]) ? (holder[key] as unknown[]) : [];
    this.spread(holder, key, items.length, value, sibling);
  }

  private insert(): void {
    const at = this.whole('index');
    const { holder, key, count, shape } = this.collection();
    if (at > count) throw this.inapplicable('the index is past the end', 'l’index dépasse la fin');
    const { value, sibling } = this.value(shape, key);
    this.spread(holder, key, at, value, sibling);
  }

  /** Puts an item into an array, and what stands beside it into the array beside. */
  private spread(holder: Tree, key: string, at: number, value: unknown, sibling: unknown): void {
    const items = Array.isArray(holder[key]) ? (holder[key] as unknown[]) : [];
    const beside = Array.isArray(holder[`_${key}`]) ? (holder[`_${key}`] as unknown[]) : undefined;
    items.splice(at, 0, value ?? null);
    holder[key] = items;
    if (beside === undefined && sibling === undefined) return;
    const full = Array.from({ length: items.length - 1 }, (_, i) => beside?.[i] ?? null);
    full.splice(at, 0, sibling ?? null);
    holder[`_${key}`] = full;
  }

  private delete(): void {
    const [place, other] = this.places();
    // What is not there is deleted already.
    if (place === undefined) return;
    if (other !== undefined)
      throw this.inapplicable('the path finds several elements', 'le path trouve plusieurs éléments');
    if (place.length === 0)
      throw this.inapplicable('a resource is not deleted by a patch', 'un patch ne supprime pas une ressource');
    this.taken(place);
  }

  /** Takes an element out, with what stands beside it. */
  private taken(place: JsonPath): { value: unknown; sibling: unknown } {
    const last = place.at(-1) as string | number;
    if (typeof last === 'string') {
      const holder = this.at(place.slice(0, -1)) as Tree;
      const found = { value: holder[last], sibling: holder[`_${last}`] };
      delete holder[last];
      delete holder[`_${last}`];
      return found;
    }
    const name = place.at(-2) as string;
    const holder = this.at(place.slice(0, -2)) as Tree;
    const [value] = (holder[name] as unknown[]).splice(last, 1);
    const beside = holder[`_${name}`];
    const [sibling] = Array.isArray(beside) ? beside.splice(last, 1) : [];
    for (const one of [name, `_${name}`]) {
      const left = holder[one];
      if (Array.isArray(left) && (left.length === 0 || (one !== name && left.every((item) => item === null))))
        delete holder[one];
    }
    return { value, sibling };
  }

  private replace(): void {
    const place = this.place();
    const last = place.at(-1);
    if (last === undefined)
      throw this.inapplicable('a resource is replaced by an update', 'une ressource se remplace par un update');
    const key = (typeof last === 'string' ? last : place.at(-2)) as string;
    const { holder, shape } = this.container(place.slice(0, typeof last === 'string' ? -1 : -2));
    const old = shape?.get(key);
    const { key: newKey, value, sibling } = this.value(shape, old?.element ?? key);
    if (typeof last === 'string') {
      // Members keep their order, and another type of a choice takes the place of the first.
      const renamed = Object.entries(holder)
        .filter(([name]) => name !== `_${key}`)
        .flatMap(([name, member]) => (name === key ? entriesOf(newKey, value, sibling) : [[name, member] as const]));
      for (const name of Object.keys(holder)) delete holder[name];
      Object.assign(holder, Object.fromEntries(renamed));
      if (holder[newKey] === undefined && value !== undefined) holder[newKey] = value;
      return;
    }
    (holder[key] as unknown[])[last] = value ?? null;
    const beside = holder[`_${key}`];
    if (Array.isArray(beside)) beside[last] = sibling ?? null;
    else if (sibling !== undefined) {
      const items = holder[key] as unknown[];
      holder[`_${key}`] = items.map((_, i) => (i === last ? sibling : null));
    }
  }

  private move(): void {
    const [source, destination] = [this.whole('source'), this.whole('destination')];
    const { holder, key, count } = this.collection();
    if (source >= count || destination >= count) {
      throw this.inapplicable('there is no such index', 'il n’y a pas de tel index');
    }
    for (const name of [key, `_${key}`]) {
      const items = holder[name];
      if (!Array.isArray(items)) continue;
      const [item] = items.splice(source, 1);
      items.splice(destination, 0, item);
    }
  }

  /** The array that a path names, by its items. */
  private collection(): { holder: Tree; key: string; count: number; shape: Shape | undefined } {
    const places = this.places();
    const [first] = places;
    const key = first?.at(-2);
    if (first === undefined || typeof first.at(-1) !== 'number' || typeof key !== 'string') {
      throw this.inapplicable('the path finds no collection', 'le path ne trouve pas de collection');
    }
    const above = first.slice(0, -1);
    if (places.some((place) => place.length !== first.length || above.some((step, i) => place[i] !== step))) {
      throw this.inapplicable('the path finds several collections', 'le path trouve plusieurs collections');
    }
    const { holder, shape } = this.container(first.slice(0, -2));
    return { holder, key, count: (holder[key] as unknown[]).length, shape };
  }

  private at(place: JsonPath): unknown {
    let value: unknown = this.resource;
    for (const step of place) value = (value as Record<string | number, unknown>)[step];
    return value;
  }

  /** The object at a place, and what it may hold. What stands beside a primitive is made where it is not there. */
  private container(place: JsonPath): { holder: Tree; shape: Shape | undefined } {
    let value: unknown = this.resource;
    let shape = this.shapes.of(String(this.resource.resourceType));
    let above: Tree = this.resource;
    let name = '';
    for (const step of place) {
      if (typeof step === 'string') {
        above = value as Tree;
        name = step;
        shape = step.startsWith('_') ? this.shapes.of('Element') : shape?.get(step)?.below();
      }
      value = (value as Record<string | number, unknown>)[step];
      if (isObject(value) && typeof value.resourceType === 'string') shape = this.shapes.of(value.resourceType);
    }
    if (isObject(value)) return { holder: value, shape };
    const last = place.at(-1);
    const beside = `_${name}`;
    if (typeof last === 'number') {
      const items = above[name] as unknown[];
      const list = Array.isArray(above[beside]) ? (above[beside] as unknown[]) : items.map(() => null);
      above[beside] = list;
      list[last] ??= {};
      return { holder: list[last] as Tree, shape: this.shapes.of('Element') };
    }
    above[beside] ??= {};
    return { holder: above[beside] as Tree, shape: this.shapes.of('Element') };
  }

  /** The value of the operation as the member of that name, with its element. */
  private value(
    shape: Shape | undefined,
    name: string,
  ): { key: string; element: ElementShape; value: unknown; sibling: unknown } {
    const part = this.operation.parts.get('value');
    if (part === undefined) throw this.malformed('value is missing', 'value manque');
    return this.valueOf(part, shape, name);
  }

  private valueOf(part: Tree, shape: Shape | undefined, name: string) {
    const typed = Object.keys(part)
      .find((key) => /^_?value[A-Z]/.test(key))
      ?.replace(/^_/, '');
    const suffix = typed?.slice('value'.length) ?? '';
    const key = shape?.has(name) === true ? name : name + suffix;
    const element = shape?.get(key);
    if (element === undefined) {
      throw this.inapplicable(
        `there is no element ${name.slice(0, 64)} here`,
        `il n’y a pas d’élément ${name.slice(0, 64)} ici`,
      );
    }
    if (typed !== undefined) return { key, element, value: part[typed], sibling: part[`_${typed}`] };
    const resource = part.resource;
    if (isObject(resource)) return { key, element, value: resource, sibling: undefined };
    return { key, element, value: this.built(part, element.below()), sibling: undefined };
  }

  /** An element that no `value[x]` has, part by part. */
  private built(part: Tree, shape: Shape | undefined): Tree {
    const value: Tree = {};
    for (const each of Array.isArray(part.part) ? part.part : []) {
      if (!isObject(each) || typeof each.name !== 'string')
        throw this.malformed('a part has no name', 'une part n’a pas de nom');
      const { key, element, value: inner, sibling } = this.valueOf(each, shape, each.name);
      if (element.isArray)
        this.spread(value, key, Array.isArray(value[key]) ? (value[key] as unknown[]).length : 0, inner, sibling);
      else {
        if (inner !== undefined) value[key] = inner;
        if (sibling !== undefined) value[`_${key}`] = sibling;
      }
    }
    return value;
  }
}

function isPresentChoice(holder: Tree, shape: Shape | undefined, element: ElementShape): boolean {
  if (shape === undefined) return false;
  return Object.keys(holder).some((name) => {
    const other = shape.get(name.replace(/^_/, ''));
    return other !== undefined && other.element === element.element;
  });
}

function entriesOf(name: string, value: unknown, sibling: unknown): (readonly [string, unknown])[] {
  return [
    ...(value === undefined ? [] : [[name, value] as const]),
    ...(sibling === undefined ? [] : [[`_${name}`, sibling] as const]),
  ];
}
