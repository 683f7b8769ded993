/** Queries at random: mostly about values that some resource bears, written in the many ways that searches have. */
import { plain, rangeOf, stringsOf, tokensOf } from './comparisons.mjs';
import { parametersOf, partsOf, valuesOf } from './definitions.mjs';
import { CITIES, FAMILIES, GIVEN, idOf, TYPES, WORDS } from './resources.mjs';
import { COMPARTMENT, references } from './world.mjs';

const PREFIXES = ['', '', 'eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap'];
const escaped = (text) => text.replace(/[\\,|$]/g, '\\$&');
const upTo = (text, length) => text.slice(0, length);
/** Parameters whose values are canonical addresses or live in no resource here would find nothing. */
const isUseful = ({ type, code }) => type !== 'composite' && code !== 'near';

export function asker(random, world) {
  const { below, pick, chance, shuffled } = random;
  const someOf = (type) => {
    const all = world.of(type);
    return all.length === 0 ? undefined : pick(all).resource;
  };

  /** A value for a parameter, taken from `nodes` where there are any. */
  function valueFor(parameter, nodes, modifier) {
    const node = nodes.length > 0 && chance(90) ? pick(nodes) : undefined;
    switch (parameter.type) {
      case 'token':
        return tokenText(node, modifier);
      case 'string':
        return stringText(node, modifier);
      case 'date':
        return pick(PREFIXES) + dateText(node);
      case 'number':
        return pick(PREFIXES) + numberText(node);
      case 'quantity':
        return pick(PREFIXES) + quantityText(node);
      case 'reference':
        return referenceText(parameter, node, modifier);
      case 'uri':
        return uriText(node, modifier);
      case 'special':
        return `${46 + below(40) / 10}|${-2 + below(40) / 10}|${pick(['30', '150'])}|${pick(['km', ''])}`;
      default:
        throw new Error(`no values for parameters of type ${parameter.type}`);
    }
  }

  function tokenText(node, modifier) {
    if (modifier === 'text') return stringText({ type: 'string', value: pick([...WORDS, ...CITIES]) });
    if (modifier === 'in' || modifier === 'not-in') return 'http://hl7.org/fhir/ValueSet/administrative-gender';
    if (modifier === 'above' || modifier === 'below') {
      return `http://terminology.hl7.org/CodeSystem/condition-clinical|${pick(['active', 'inactive', 'relapse'])}`;
    }
    if (modifier === 'of-type') {
      const type = `http://terminology.hl7.org/CodeSystem/v2-0203|${pick(['PI', 'VN', 'MR'])}`;
      return `${type}|${escaped(node?.value.value ?? 'A-1')}`;
    }
    const tokens = node === undefined ? [] : tokensOf(node);
    const { system, code } = tokens.length === 0 ? { code: 'nothing' } : pick(tokens);
    const bare = escaped(code ?? 'nothing');
    // What system a plain code has is said by its binding.
    if (node === undefined || !['CodeableConcept', 'Coding', 'Identifier'].includes(node.type)) return bare;
    if (system === undefined) return pick([bare, `|${bare}`]);
    return pick([
      bare,
      bare,
      `${escaped(system)}|${bare}`,
      `${escaped(system)}|${bare}`,
      `${escaped(system)}|`,
      `|${bare}`,
    ]);
  }

  function stringText(node, modifier) {
    const texts = node === undefined ? [] : stringsOf(node).filter((text) => text !== undefined);
    const text = texts.length === 0 ? pick([...FAMILIES, ...GIVEN, ...CITIES, 'rien']) : pick(texts);
    if (modifier === 'exact') return escaped(chance(80) ? text : text.toLowerCase());
    const changed = pick([
      text,
      text.toUpperCase(),
      text.normalize('NFD'),
      text.normalize('NFD').replace(/\p{M}/gu, ''),
      text.replace(/[-’' ]/g, pick(['', ' ', '-'])),
    ]);
    const start = modifier === 'contains' ? below(3) : 0;
    const cut = changed.slice(start, start + 1 + below(changed.length));
    return escaped(/[\p{L}\p{N}]/u.test(cut) ? cut : text);
  }

  function dateText(node) {
    const own = node?.type === 'Period' ? pick([node.value.start, node.value.end]) : node?.value;
    const text = typeof own === 'string' ? own : `2024-0${1 + below(9)}-1${below(9)}`;
    if (chance(25)) {
      const shifted = new Date(rangeOf(text)[0] + (below(40) - 20) * 86_400_000).toISOString();
      return pick([upTo(shifted, 10), upTo(shifted, 7), `${upTo(shifted, 19)}Z`, upTo(shifted, 16)]);
    }
    const isTimed = text.length > 10;
    return pick([text, text, upTo(text, 10), upTo(text, 7), upTo(text, 4), isTimed ? upTo(text, 19) : text]);
  }

  function numberText(node) {
    const value = typeof node?.value === 'number' ? node.value : (node?.value.low ?? node?.value)?.value;
    const number = value ?? pick([0.3, 5, 100]);
    const digits = String(number);
    return pick([digits, digits, `${number.toFixed(1)}`, String(Math.round(number)), `${number.toExponential(1)}`])
      .replace('e+', 'e')
      .replace(/^-0$/, '0')
      .replace(/^-(0(\.0+)?)$/, '$1')
      .replace(/^(-?\d)e/, '$1.0e');
  }

  function quantityText(node) {
    const { system, code, unit } = node?.value.low ?? node?.value ?? {};
    const number = numberText(node);
    if (code === undefined || chance(30)) return number;
    const others = ['g', 'mg', 'kg', 'ug'].includes(code) ? ['g', 'mg', 'kg', 'ug'] : [code];
    return pick([
      `${number}|${escaped(system ?? 'http://unitsofmeasure.org')}|${pick(others)}`,
      `${number}|${escaped(system ?? 'http://unitsofmeasure.org')}|${code}`,
      `${number}||${escaped(pick([code, unit ?? code]))}`,
    ]);
  }

  function referenceText(parameter, node, modifier) {
    if (modifier === 'identifier') {
      const { identifier } = node?.value ?? {};
      return tokenText({ type: 'Identifier', value: identifier ?? { value: 'A-1' } });
    }
    const text =
      (typeof node?.value === 'string' ? node.value : node?.value.reference) ?? `Patient/${idOf('Patient', 3)}`;
    const [type, id] = text
      .replace(/\/_history.*/, '')
      .split('/')
      .slice(-2);
    const address = text.startsWith('http') ? text : `${type}/${id}`;
    if (modifier !== undefined) return id;
    const isTarget = (parameter.target ?? []).includes(type);
    if (!isTarget && !address.startsWith('http')) return `https://other.example/fhir/${type}/${id}`;
    if (address.startsWith('http') || (parameter.target ?? []).length === 0) return escaped(address);
    return pick([address, address, id, `${world.base}/${address}`]);
  }

  function uriText(node, modifier) {
    const PLAIN = 'https://dui-test.example/fhir';
    // A URN is neither above nor below another.
    const text = modifier !== undefined && node?.value?.startsWith('urn:') ? PLAIN : (node?.value ?? PLAIN);
    if (modifier === 'below') return escaped(upTo(text, 8 + below(text.length)));
    return escaped(modifier === 'above' ? text + pick(['', '/b', ':b']) : text);
  }

  function modifierFor(parameter, nodes) {
    const { type, code } = parameter;
    const types = nodes.map((node) => node.type);
    const isCoded = types.some((one) => one === 'CodeableConcept' || one === 'Coding');
    switch (type) {
      case 'token':
        return pick([
          ...[undefined, undefined, undefined, 'not', 'missing'],
          ...(isCoded ? ['text'] : []),
          ...(types.includes('Identifier') ? ['of-type'] : []),
          ...(code === 'gender' ? ['in', 'not-in'] : []),
          ...(code === 'clinical-status' ? ['above', 'below', 'below'] : []),
        ]);
      case 'string':
        return pick([undefined, undefined, 'exact', 'contains', 'missing']);
      case 'uri':
        return pick([undefined, 'below', 'above', 'missing']);
      case 'reference':
        return pick([
          ...[undefined, undefined, undefined, 'missing'],
          ...(types.includes('Reference') ? ['identifier', typeModifier(parameter, nodes)] : []),
        ]);
      case 'special':
        return undefined;
      default:
        return pick([undefined, undefined, undefined, undefined, 'missing']);
    }
  }

  function typeModifier({ target = [] }, nodes) {
    const [, type] = /(?:^|\/)([A-Z]\w+)\/[^/]+$/.exec(pick(nodes).value.reference ?? '') ?? [];
    return target.includes(type) ? type : undefined;
  }

  /** A parameter of a type with a value: `{ name, value }`. */
  function plainCondition(type, isChained = false) {
    if (chance(8)) return general(type);
    const parameters = [...parametersOf(type).values()].filter((one) => one.expression !== undefined);
    // Most parameters of a type read what these resources do not have.
    for (let tries = 0; tries < 12; tries++) {
      const resource = someOf(type);
      if (resource === undefined) break;
      const parameter = pick(parameters);
      if (parameter.type === 'composite') {
        const value = isChained && chance(50) ? undefined : compositeText(parameter, resource);
        if (value !== undefined) return { name: parameter.code, value };
        continue;
      }
      const nodes = valuesOf(parameter, resource);
      if (nodes.length === 0 && chance(97)) continue;
      return condition(parameter, nodes, type);
    }
    return { name: '_id', value: idOf(type, below(24)) };
  }

  function condition(parameter, nodes) {
    const modifier = modifierFor(parameter, nodes.length === 0 ? [] : nodes);
    const name = modifier === undefined ? parameter.code : `${parameter.code}:${modifier}`;
    if (modifier === 'missing') return { name, value: pick(['true', 'false']) };
    const values = Array.from({ length: chance(25) ? 2 : 1 }, () => valueFor(parameter, nodes, modifier));
    return { name, value: values.join(',') };
  }

  function compositeText(parameter, resource) {
    const places = partsOf(parameter, resource).filter((parts) => parts.every(({ nodes }) => nodes.length > 0));
    if (places.length === 0) return undefined;
    const parts = pick(places);
    const texts = parts.map(({ parameter: part, nodes }) => {
      if (part.type !== 'token') return valueFor(part, nodes);
      const { system, code } = pick(nodes.flatMap(tokensOf).filter((one) => one.code !== undefined));
      return system !== undefined && chance(50) ? `${escaped(system)}|${escaped(code)}` : escaped(code);
    });
    // Commas of one part would be alternatives of the whole.
    return texts.join('$');
  }

  /** What every type has. */
  function general(type) {
    switch (pick(['_id', '_lastUpdated', '_text', '_content', '_list'])) {
      case '_id':
        return { name: pick(['_id', '_id', '_id:not']), value: [1, 2].map(() => idOf(type, below(24))).join(',') };
      case '_lastUpdated': {
        const at = someOf(type)?.meta.lastUpdated ?? '2026-01-01T00:00:00Z';
        return {
          name: '_lastUpdated',
          value: pick(['', 'gt', 'ge', 'lt', 'le', 'ne', 'sa', 'eb']) + pick([at, `${upTo(at, 19)}Z`]),
        };
      }
      case '_text':
        return { name: '_text', value: pick(WORDS).toUpperCase() };
      case '_content':
        return { name: '_content', value: `${pick(WORDS)}${chance(30) ? ` ${pick(WORDS)}` : ''}` };
      default:
        return { name: '_list', value: idOf('List', below(24)) };
    }
  }

  const served = new Set(TYPES);
  const hops = (type) =>
    references(type).flatMap((parameter) => {
      const resource = someOf(type);
      const nodes =
        resource === undefined ? [] : valuesOf(parameter, resource).filter((one) => one.type === 'Reference');
      const types = nodes.map(({ value }) => /^([A-Z]\w+)\//.exec(value.reference ?? '')?.[1]);
      return types
        .filter((target) => served.has(target) && (parameter.target ?? []).includes(target))
        .map((target) => ({ code: parameter.code, target, isOpen: (parameter.target ?? []).length > 8 }));
    });

  function chained(type, depth) {
    const ways = hops(type);
    if (ways.length === 0) return plainCondition(type);
    // Every type that a reference may point to is a branch of the search, and branches are bounded.
    const { code, target, isOpen } = pick(ways);
    const { name, value } = deeper(target, depth);
    return { name: `${code}${isOpen || chance(70) ? `:${target}` : ''}.${name}`, value };
  }

  function reversed(type, depth) {
    const ways = TYPES.flatMap((other) =>
      references(other)
        .filter(({ target = [] }) => target.includes(type))
        .map(({ code }) => ({ other, code })),
    );
    const { other, code } = pick(ways.length === 0 ? [{ other: 'List', code: 'item' }] : ways);
    const { name, value } = deeper(other, depth);
    return { name: `_has:${other}:${code}:${name}`, value };
  }

  function deeper(type, depth) {
    if (depth > 0 && chance(35)) return chance(60) ? chained(type, depth - 1) : reversed(type, depth - 1);
    return plainCondition(type, true);
  }

  /** Operators of `_filter` with the search that each stands for. */
  function filterTest(type) {
    for (;;) {
      const resource = someOf(type);
      const parameters = [...parametersOf(type).values()].filter((one) => one.expression && isUseful(one));
      const parameter = pick(parameters);
      const nodes = resource === undefined ? [] : valuesOf(parameter, resource);
      if (nodes.length === 0) continue;
      const { code } = parameter;
      const quoted = (text) => JSON.stringify(plain(text));
      if (chance(10)) {
        const value = pick(['true', 'false']);
        return test(`${code} pr ${value}`, `${code}:missing`, value === 'true' ? 'false' : 'true');
      }
      switch (parameter.type) {
        case 'string': {
          const [operator, modifier] = pick([
            ['eq', ':exact'],
            ['sw', ''],
            ['co', ':contains'],
            ['ew', ':ends'],
          ]);
          const text = stringText(pick(nodes), modifier === ':exact' ? 'exact' : undefined);
          return test(`${code} ${operator} ${quoted(text)}`, code + modifier, text);
        }
        case 'date': {
          const operator = pick(['eq', 'ne', 'gt', 'lt', 'ge', 'le', 'sa', 'eb', 'ap']);
          const text = dateText(pick(nodes));
          return test(`${code} ${operator} ${quoted(text)}`, code, operator + text);
        }
        case 'token': {
          const operator = pick(['eq', 'ne']);
          const text = tokenText(pick(nodes));
          // A bar in a quoted value would have to be told from the one between system and code.
          if (/[\\]/.test(text)) continue;
          return { ...test(`${code} ${operator} ${JSON.stringify(text)}`, code, text), isNot: operator === 'ne' };
        }
        case 'number': {
          const operator = pick(['eq', 'ne', 'gt', 'lt', 'ge', 'le']);
          const text = numberText(pick(nodes));
          return test(`${code} ${operator} ${text}`, code, operator + text);
        }
        default:
      }
    }
  }
  const test = (text, name, value) => ({ op: 'test', text, name, value });

  function filterTree(type, depth) {
    if (depth === 0 || chance(35)) return filterTest(type);
    const op = pick(['and', 'or', 'not']);
    if (op === 'not') {
      const of = filterTree(type, depth - 1);
      return { op, of, text: `not (${of.text})` };
    }
    const [left, right] = [filterTree(type, depth - 1), filterTree(type, depth - 1)];
    return { op, left, right, text: `(${left.text}) ${op} (${right.text})` };
  }

  function sortOf(type) {
    const sortable = [...parametersOf(type).values()].filter(
      (one) => one.expression !== undefined && isUseful(one) && one.type !== 'special',
    );
    const bearing = sortable.filter((one) => {
      const resource = someOf(type);
      return resource !== undefined && valuesOf(one, resource).length > 0;
    });
    const keys = shuffled([...new Set(['_id', '_lastUpdated', ...bearing.map(({ code }) => code)])]);
    return keys.slice(0, pick([1, 1, 2, 3])).map((code) => ({ code, descending: chance(50) }));
  }

  function inclusion(types) {
    const reverse = chance(45);
    if (reverse) {
      const target = pick(types);
      const ways = TYPES.flatMap((other) =>
        references(other)
          .filter((one) => (one.target ?? []).includes(target))
          .map(({ code }) => ({ type: other, code })),
      );
      return { reverse, ...pick(ways.length === 0 ? [{ type: 'List', code: 'item' }] : ways), iterate: chance(25) };
    }
    const type = pick(types);
    const codes = references(type).map(({ code }) => code);
    return { reverse, type, code: chance(15) || codes.length === 0 ? '*' : pick(codes), iterate: chance(25) };
  }

  function anyCondition(type) {
    const kind = below(100);
    if (kind < 14) return chained(type, 2);
    if (kind < 23) return reversed(type, 2);
    if (kind > 30) return plainCondition(type);
    const tree = filterTree(type, 2);
    return { name: '_filter', value: tree.text, tree };
  }

  /** A search whose pages are read while others write. */
  function series() {
    const type = pick(TYPES);
    const conditions = chance(60) ? [anyCondition(type)] : [];
    const sort = chance(70) ? sortOf(type) : [];
    return { address: type, types: [type], conditions, sort, inclusions: [], count: 1 + below(5), total: false };
  }

  /** One search: where, its conditions, and what it asks of the answer. */
  function question() {
    const type = pick(TYPES);
    const query = { address: type, types: [type], conditions: [], sort: [], inclusions: [] };
    if (chance(4)) {
      query.types = shuffled(TYPES).slice(0, 1 + below(4));
      query.address = '';
      query.conditions.push(general(query.types[0]));
      if (chance(50)) query.sort = [{ code: '_lastUpdated', descending: chance(50) }];
    } else {
      const count = pick([0, 1, 1, 1, 1, 2, 2, 3]);
      for (let i = 0; i < count; i++) {
        query.conditions.push(anyCondition(type));
      }
      if (chance(35)) query.sort = sortOf(type);
      if (COMPARTMENT[type] !== undefined && chance(8)) {
        const patient = idOf('Patient', below(24));
        if (world.has('Patient', patient)) {
          query.address = `Patient/${patient}/${type}`;
          query.compartment = { patient, codes: COMPARTMENT[type] };
        }
      }
      if (chance(12)) query.inclusions = Array.from({ length: 1 + below(2) }, () => inclusion([type]));
    }
    query.count = chance(45) ? pick([1, 2, 3, 5, 9]) : 1000;
    query.total = chance(40);
    return query;
  }

  return { question, series };
}
