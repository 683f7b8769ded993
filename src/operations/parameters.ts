/**
 * What goes in and out of operations. What one was given: in the URL's parameters, in a Parameters resource, or as the resource itself.
 * https://hl7.org/fhir/R4/operations.html#executing
 */
import type { Parameters } from '@medplum/fhirtypes';
import type { Context, InteractionRequest, Result } from '../interactions/interaction.js';
import { refuseParameters } from '../interactions/parameters.js';
import { FhirError } from '../r4/errors.js';

type Json = Record<string, unknown>;
const isObject = (value: unknown): value is Json =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** An answer as Parameters. */
export function parametersResult(parameter: Parameters['parameter']): Result {
  return { status: 200, text: JSON.stringify({ resourceType: 'Parameters', parameter }) };
}

export class Input {
  private constructor(
    private readonly values: ReadonlyMap<string, unknown>,
    private readonly pairs: readonly (readonly [string, unknown])[],
  ) {}

  /**
   * `known` are the operation's parameters; `resource` the one that a body which is no Parameters stands for. Throws
   * `parameter-not-here` for any other, unless handling is lenient.
   */
  static of(request: InteractionRequest, context: Context, known: readonly string[], resource?: string): Input {
    refuseParameters(request, known, context);
    const values = new Map<string, unknown>(request.parameters);
    const pairs: (readonly [string, unknown])[] = [...request.parameters];
    const body = request.body?.value;
    if (body?.resourceType === 'Parameters') {
      for (const part of Array.isArray(body.parameter) ? body.parameter : []) {
        if (!isObject(part) || typeof part.name !== 'string') continue;
        if (!known.includes(part.name) && !context.lenient) {
          throw new FhirError('parameter-not-here', { name: part.name.slice(0, 64), valid: known.join(', ') });
        }
        const key = Object.keys(part).find((name) => name.startsWith('value'));
        const value = part.resource ?? (key === undefined ? undefined : part[key]);
        values.set(part.name, value);
        pairs.push([part.name, value]);
      }
    } else if (body !== undefined) {
      if (resource === undefined) throw wrongType(body, 'Parameters');
      values.set(resource, body);
    }
    return new Input(values, pairs);
  }

  has(name: string): boolean {
    return this.values.get(name) !== undefined;
  }

  text(name: string): string | undefined {
    const value = this.values.get(name);
    return typeof value === 'string' ? value : undefined;
  }

  /** Of a parameter that may repeat. */
  texts(name: string): string[] {
    return this.pairs.flatMap(([one, value]) => (one === name && typeof value === 'string' ? [value] : []));
  }

  object(name: string): Json | undefined {
    const value = this.values.get(name);
    return isObject(value) ? value : undefined;
  }

  /** Throws `bad-parameter` for what is neither true nor false. */
  flag(name: string): boolean | undefined {
    const value = this.values.get(name);
    if (value === undefined || typeof value === 'boolean') return value;
    if (value === 'true' || value === 'false') return value === 'true';
    throw new FhirError('bad-parameter', {
      name,
      reason: { en: 'true or false is expected', fr: 'true ou false est attendu' },
    });
  }

  /** Throws `bad-parameter` for what is no whole number from 0. */
  whole(name: string): number | undefined {
    const value = this.values.get(name);
    if (value === undefined) return undefined;
    const number = typeof value === 'number' ? value : /^\d{1,9}$/.test(String(value)) ? Number(value) : Number.NaN;
    if (Number.isInteger(number) && number >= 0) return number;
    throw new FhirError('bad-parameter', {
      name,
      reason: { en: 'a whole number from 0 is expected', fr: 'un entier à partir de 0 est attendu' },
    });
  }

  /** A resource of the type, given whole. Throws `wrong-resource-type`. */
  resource(name: string, type: string): Json | undefined {
    const found = this.object(name);
    if (found !== undefined && found.resourceType !== type) throw wrongType(found, type);
    return found;
  }
}

function wrongType(found: Json, expected: string): FhirError {
  return new FhirError('wrong-resource-type', { found: String(found.resourceType ?? '').slice(0, 64), expected });
}
