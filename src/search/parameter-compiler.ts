/** A SearchParameter's definition made into what serves it. https://hl7.org/fhir/R4/searchparameter.html */
import { createHash } from 'node:crypto';
import type { Definitions, SearchParameter } from '../r4/definitions/index.js';
import type { Bilingual } from '../r4/errors.js';
import { compile, type Walk } from './expression.js';
import { alternatives, type Expression, ExpressionError, headOf, parseExpression } from './expression-syntax.js';
import { type Component, compositeWalk, composition } from './parameters/composite.js';
import { date } from './parameters/date.js';
import { number } from './parameters/number.js';
import type { Extraction, ParameterType } from './parameters/parameter-type.js';
import { position } from './parameters/position.js';
import { quantity } from './parameters/quantity.js';
import { reference } from './parameters/reference.js';
import { string } from './parameters/string.js';
import { token } from './parameters/token.js';
import { uri } from './parameters/uri.js';
import type { ServedParameter } from './registry.js';
import { type Place, Schema } from './schema.js';

/** `special` is R4's word for what has rules of its own; Location.near is the only one that has an expression. */
const TYPES: Readonly<Record<string, ParameterType>> = {
  token,
  string,
  reference,
  date,
  uri,
  number,
  quantity,
  special: position,
};
/** In which order the kind of a composite's part is guessed when its definition does not fit its expression. */
const COMPONENT_TYPES = [token, reference, quantity, number, date, string];

/** Characters of a client's expression: it is read by descent. */
const MAX_EXPRESSION = 4000;

export interface CompiledParameter {
  served: Omit<ServedParameter, 'code' | 'url' | 'type'>;
  /** What fills its index; absent when another parameter fills the same one. */
  walk?: Walk<Extraction>;
}

/** A walk, the places that it leads to, and the text that stands for both. */
interface Compiled {
  walk: Walk<Extraction>;
  places: Set<string>;
}

export class ParameterCompiler {
  private readonly schema: Schema;
  constructor(private readonly definitions: Definitions) {
    this.schema = new Schema(definitions);
  }

  /**
   * What compiles the parameters of one type: those of one kind with the same part of an expression share one key, so
   * that nothing is stored twice. It returns `undefined` for a parameter that cannot be served.
   */
  of(type: string): (parameter: SearchParameter) => CompiledParameter | undefined {
    const shared = new Map<string, { key: string; places: Set<string> }>();
    return (parameter) => {
      if (parameter.custom === true && (parameter.expression?.length ?? 0) > MAX_EXPRESSION) return undefined;
      try {
        return this.compile(type, parameter, shared);
      } catch (error) {
        // R4's own are all understood, which a test holds; a client's may not be.
        if (error instanceof ExpressionError && parameter.custom === true) return undefined;
        throw error;
      }
    };
  }

  /** Why a definition cannot be served on a type; `undefined` when it can. */
  problem(type: string, parameter: SearchParameter): Bilingual | undefined {
    const { expression = '' } = parameter;
    if (expression === '') return { en: 'it has no expression', fr: 'il n’a pas d’expression' };
    if (expression.length > MAX_EXPRESSION) {
      return {
        en: `its expression has more than ${MAX_EXPRESSION} characters`,
        fr: `son expression compte plus de ${MAX_EXPRESSION} caractères`,
      };
    }
    try {
      if (this.compile(type, parameter, new Map()) !== undefined) return undefined;
      const kind = parameter.type;
      return {
        en: `its expression leads to nothing of ${type} that a parameter of type ${kind} can hold`,
        fr: `son expression ne mène à rien de ${type} qu’un paramètre de type ${kind} puisse contenir`,
      };
    } catch (error) {
      if (!(error instanceof ExpressionError)) throw error;
      return {
        en: `its expression cannot be read: ${error.message}`,
        fr: `son expression est illisible : ${error.message}`,
      };
    }
  }

  private compile(
    type: string,
    parameter: SearchParameter,
    shared: Map<string, { key: string; places: Set<string> }>,
  ): CompiledParameter | undefined {
    if (parameter.expression === undefined) return undefined;
    const own = partsAbout(type, parseExpression(parameter.expression));
    if (parameter.type === 'composite') return this.composite(type, parameter, own);
    const kind = TYPES[parameter.type];
    if (kind === undefined) return undefined;
    const signature = `${parameter.type}:${JSON.stringify(own)}`;
    const key = keyOf(type, parameter, signature);
    const narrowed = narrowedTargets(own);
    const targets = narrowed.length > 0 ? narrowed : (parameter.target ?? []);
    const known = shared.get(signature);
    const made = known === undefined ? this.walk(type, own, kind, key) : undefined;
    const places = known?.places ?? made?.places;
    if (places === undefined) return undefined;
    if (made !== undefined) shared.set(signature, { key, places });
    const modifiers = typeof kind.modifiers === 'function' ? kind.modifiers(places) : kind.modifiers;
    return {
      served: {
        key: known?.key ?? key,
        kind,
        targets,
        places,
        modifiers: ['missing', ...modifiers],
        prefixes: kind.prefixes,
      },
      ...(made === undefined ? {} : { walk: made.walk }),
    };
  }

  private walk(type: string, parts: readonly Expression[], kind: ParameterType, key: string): Compiled | undefined {
    return this.walkFrom(this.schema.root(type), parts, kind, key);
  }

  private walkFrom(from: Place, parts: readonly Expression[], kind: ParameterType, key: string): Compiled | undefined {
    const places = new Set<string>();
    const walks = parts
      .map((part) =>
        compile<Extraction>(this.schema, part, from, (place) => {
          const visit = kind.extractor(place, key, this.definitions);
          if (visit !== undefined) places.add(place.type);
          return visit;
        }),
      )
      .filter((walk) => walk !== undefined);
    if (walks.length === 0) return undefined;
    return {
      places,
      walk: (node, state) => {
        for (const walk of walks) walk(node, state);
      },
    };
  }

  private composite(type: string, parameter: SearchParameter, own: Expression[]): CompiledParameter | undefined {
    const key = keyOf(type, parameter, JSON.stringify([own, parameter.component]));
    const places: Place[] = [];
    for (const part of own) {
      compile(this.schema, part, this.schema.root(type), (place) => {
        places.push(place);
        return undefined;
      });
    }
    const walks: Walk<Extraction>[] = [];
    let served: CompiledParameter['served'] | undefined;
    for (const place of places) {
      const components = (parameter.component ?? []).map((component) => this.component(type, place, component));
      if (components.some((component) => component === undefined)) continue;
      const made = composition(components as Component[]);
      if (made === undefined) continue;
      served = {
        key,
        kind: 'composite',
        composition: made,
        targets: [],
        places: new Set([place.type]),
        modifiers: [],
        prefixes: [],
      };
      const visit = compositeWalk(made, key);
      for (const part of own) {
        const walk = compile<Extraction>(this.schema, part, this.schema.root(type), (at) =>
          at.path === place.path ? visit : undefined,
        );
        if (walk !== undefined) walks.push(walk);
      }
    }
    if (served === undefined) return undefined;
    return {
      served,
      walk: (node, state) => {
        for (const walk of walks) walk(node, state);
      },
    };
  }

  /** A part's values are taken under the key '', which the composite's own key then precedes. */
  private component(
    type: string,
    place: Place,
    { definition, expression }: { definition: string; expression: string },
  ): Component | undefined {
    const fromResource = expression.startsWith('%resource.');
    const parts = alternatives(parseExpression(fromResource ? expression.slice('%resource.'.length) : expression));
    const from = fromResource ? this.schema.root(type) : place;
    const meant = this.definitions.searchParameter(definition);
    const named = meant === undefined ? undefined : TYPES[meant.type];
    for (const kind of named === undefined ? COMPONENT_TYPES : [named, ...COMPONENT_TYPES]) {
      const made = this.walkFrom(from, parts, kind, '');
      if (made !== undefined) return { kind, walk: made.walk, fromResource, targets: meant?.target ?? [] };
    }
    return undefined;
  }
}

/** Expressions shared by many types are unions; only the parts about this type count. */
function partsAbout(type: string, expression: Expression): Expression[] {
  return alternatives(expression).filter((part) => {
    const head = headOf(part);
    // `name | alias` of InsurancePlan names no type: it is about the only one.
    return head === type || head === 'Resource' || head === 'DomainResource' || /^[a-z]/.test(head ?? '');
  });
}

/** The name of the index. Beyond R4's own it changes with the definition, so that old values are not taken for new. */
function keyOf(type: string, { code, custom }: SearchParameter, signature: string): string {
  if (custom !== true) return `${type}.${code}`;
  return `${type}.${code}~${createHash('sha256').update(signature).digest('hex').slice(0, 8)}`;
}

/** The types that `where(resolve() is T)` leaves, when each part of an expression has one. */
function narrowedTargets(parts: readonly Expression[]): string[] {
  const types = parts.map((part) =>
    part.op === 'where' && part.test.op === 'is' && part.test.of.op === 'resolve' ? part.test.type : undefined,
  );
  return types.some((type) => type === undefined) ? [] : [...new Set(types as string[])];
}
