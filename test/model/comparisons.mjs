/**
 * Whether the nodes of a parameter fit one value of a search, as the specification puts it, by plain comparison.
 * https://hl7.org/fhir/R4/search.html
 */

export const ZONE = 'Europe/Paris';

/** Text as people compare names: letters and digits without case, marks, ligatures and what stands between. */
export function folded(text) {
  const plain = text.toLowerCase().replaceAll('œ', 'oe').replaceAll('æ', 'ae').replaceAll('ø', 'o').normalize('NFKD');
  return [...plain].filter((character) => /[\p{L}\p{N}+=<>~|]/u.test(character)).join('');
}

/** The parts of a value at a separator that no backslash precedes. */
export function parted(text, separator) {
  const parts = [''];
  for (let i = 0; i < text.length; i++) {
    if (text[i] === '\\') parts[parts.length - 1] += text.slice(i, ++i + 1);
    else if (text[i] === separator) parts.push('');
    else parts[parts.length - 1] += text[i];
  }
  return parts;
}
export const plain = (text) => text.replace(/\\(.)/g, '$1');

// Tokens

/** What tokens a node holds: `system` undefined where there is none. */
export function tokensOf({ type, value }) {
  switch (type) {
    case 'CodeableConcept':
      return (value.coding ?? []).map(({ system, code }) => ({ system, code }));
    case 'Coding':
      return [{ system: value.system, code: value.code }];
    case 'Identifier':
      return [{ system: value.system, code: value.value }];
    case 'ContactPoint':
      return [{ code: value.value }];
    default:
      return [{ code: String(value) }];
  }
}
const isToken = ({ code }) => code !== undefined && code !== '';

export function fitsToken(nodes, text) {
  const [first, second] = parted(text, '|').map(plain);
  return nodes.flatMap(tokensOf).some(({ system, code }) => {
    if (second === undefined) return code === first;
    if (second !== '' && code !== second) return false;
    return first === '' ? system === undefined : system === first;
  });
}

function textsOf({ type, value }) {
  if (type === 'CodeableConcept') return [value.text, ...(value.coding ?? []).map(({ display }) => display)];
  if (type === 'Coding') return [value.display];
  return type === 'Identifier' ? [value.type?.text] : [];
}

function fitsType(nodes, text) {
  const [system, code, value] = parted(text, '|').map(plain);
  return nodes.some(
    (node) =>
      node.value.value === value &&
      (node.value.type?.coding ?? []).some((one) => one.system === system && one.code === code),
  );
}

/** The codes that HL7 puts below others in the code systems that the queries name. */
const BELOW = { active: ['active', 'recurrence', 'relapse'], inactive: ['inactive', 'remission', 'resolved'] };
const GENDERS = ['male', 'female', 'other', 'unknown'];

function fitsTerms(nodes, modifier, text) {
  if (modifier === 'in') return nodes.flatMap(tokensOf).some(({ code }) => GENDERS.includes(code));
  const [system, code] = parted(text, '|').map(plain);
  const codes =
    modifier === 'below'
      ? (BELOW[code] ?? [code])
      : [code, ...Object.keys(BELOW).filter((above) => above !== code && BELOW[above].includes(code))];
  return nodes.flatMap(tokensOf).some((one) => one.system === system && codes.includes(one.code));
}

// Strings

const PARTS = {
  HumanName: ['family', 'given', 'prefix', 'suffix', 'text'],
  Address: ['text', 'line', 'city', 'district', 'state', 'postalCode'],
};
export function stringsOf({ type, value }) {
  if (PARTS[type] === undefined) return [value];
  return PARTS[type].flatMap((part) => value[part] ?? []);
}

export function fitsString(texts, modifier, text) {
  const wanted = plain(text);
  return texts.some((one) => {
    if (one === undefined) return false;
    if (modifier === 'exact') return one === wanted;
    if (modifier === 'contains') return folded(one).includes(folded(wanted));
    return modifier === 'ends' ? folded(one).endsWith(folded(wanted)) : folded(one).startsWith(folded(wanted));
  });
}

// Dates

const clock = new Intl.DateTimeFormat('en-GB', { timeZone: ZONE, timeZoneName: 'longOffset' });
/** The instant of a local time in the server's zone. */
function local(year, month, day, hour = 0, minute = 0, second = 0) {
  const utc = Date.UTC(year, month - 1, day, hour, minute, second);
  const offset = (at) => {
    const name = clock.formatToParts(at).find(({ type }) => type === 'timeZoneName').value;
    const [, sign, hours, minutes] = /GMT(?:([+-])(\d\d):(\d\d))?/.exec(name);
    return sign === undefined ? 0 : Number(`${sign}1`) * (Number(hours) * 60 + Number(minutes)) * 60_000;
  };
  return utc - offset(utc - offset(utc));
}

/** [low, high) in milliseconds. */
export function rangeOf(text) {
  const [year, month, day] = text.slice(0, 10).split('-').map(Number);
  if (text.length === 4) return [local(year, 1, 1), local(year + 1, 1, 1)];
  if (text.length === 7) return [local(year, month, 1), local(year, month + 1, 1)];
  if (text.length === 10) return [local(year, month, day), local(year, month, day + 1)];
  const [, time, fraction = '', zone = ''] = /T(\d\d:\d\d(?::\d\d)?)(\.\d+)?(Z|[+-]\d\d:\d\d)?$/.exec(text);
  const [hour, minute, second = 0] = time.split(':').map(Number);
  const low =
    zone === ''
      ? local(year, month, day, hour, minute, second)
      : Date.parse(`${text.slice(0, 10)}T${time.length === 5 ? `${time}:00` : time}${zone}`);
  const width = time.length === 5 ? 60_000 : 1000 / 10 ** Math.max(0, fraction.length - 1);
  const start = low + (fraction === '' ? 0 : Math.round(Number(fraction) * 1000));
  return [start, start + width];
}

export function datesOf({ type, value }) {
  if (type !== 'Period') return [rangeOf(value)];
  const { start, end } = value;
  if (start === undefined && end === undefined) return [];
  return [[start === undefined ? -Infinity : rangeOf(start)[0], end === undefined ? Infinity : rangeOf(end)[1]]];
}

const PREFIX = /^(eq|ne|gt|lt|ge|le|sa|eb|ap)/;

export function fitsDate(ranges, text) {
  const value = plain(text);
  const prefix = PREFIX.exec(value)?.[0] ?? 'eq';
  const [low, high] = rangeOf(value.replace(PREFIX, ''));
  const gap = Math.abs(Date.now() - (low + high) / 2) / 10;
  return ranges.some(([from, to]) => {
    const isWithin = from >= low && to <= high;
    const reachesAbove = to > high;
    const reachesBelow = from < low;
    return {
      eq: isWithin,
      ne: !isWithin,
      gt: reachesAbove,
      lt: reachesBelow,
      ge: reachesAbove || isWithin,
      le: reachesBelow || isWithin,
      sa: from >= high,
      eb: to <= low,
      ap: from < high + gap && to > low - gap,
    }[prefix];
  });
}

// Numbers and quantities

const UCUM = 'http://unitsofmeasure.org';
/** Unit to the dimension and the factor, of the units that the resources bear. */
const UNITS = {
  g: ['mass', 1],
  mg: ['mass', 1e-3],
  kg: ['mass', 1e3],
  ug: ['mass', 1e-6],
  a: ['time', 31_557_600],
  mo: ['time', 2_629_800],
  'mm[Hg]': ['pressure', 1],
  Cel: ['temperature', 1],
  '/min': ['frequency', 1],
  '%': ['ratio', 1],
};
const rounded = (value) => (Number.isFinite(value) ? Number(value.toPrecision(12)) : value);

/** Ranges [from, to] with their units. */
export function quantitiesOf({ type, value: node }) {
  if (type === 'decimal' || type === 'integer' || type === 'positiveInt' || type === 'unsignedInt') {
    return [{ from: node, to: node }];
  }
  if (type === 'Range') {
    const { low, high } = node;
    const { system, code, unit } = low ?? high ?? {};
    return [{ from: low?.value ?? -Infinity, to: high?.value ?? Infinity, system, code, unit }];
  }
  const { value, comparator = '', system, code, unit } = node;
  if (value === undefined) return [];
  const from = comparator.startsWith('<') ? -Infinity : value;
  return [{ from, to: comparator.startsWith('>') ? Infinity : value, system, code, unit }];
}

function fitsRange(prefix, [value, low, high], from, to) {
  const isEqual = from >= low && to < high;
  return {
    eq: isEqual,
    ne: !isEqual,
    gt: to > value,
    lt: from < value,
    ge: to >= value,
    le: from <= value,
    sa: from > value,
    eb: to < value,
    ap: from <= high && to >= low,
  }[prefix];
}

/** The number, and half of its last digit to either side (a tenth of it for `ap`). */
function reach(prefix, digits) {
  const value = Number(digits);
  const [, fraction = '', exponent = '0'] = /^-?\d+(?:\.(\d+))?(?:e(-?\d+))?$/.exec(digits);
  const half = prefix === 'ap' ? Math.abs(value) / 10 : 0.5 * 10 ** (Number(exponent) - fraction.length);
  return [value, rounded(value - half), rounded(value + half)];
}

export function fitsQuantity(ranges, text) {
  const [number, system, code] = parted(text, '|').map(plain);
  const prefix = PREFIX.exec(number)?.[0] ?? 'eq';
  const bounds = reach(prefix, number.replace(PREFIX, ''));
  return ranges.some((range) => {
    const { from, to } = range;
    if (code === undefined) return fitsRange(prefix, bounds, from, to);
    if (system === '') return (range.code === code || range.unit === code) && fitsRange(prefix, bounds, from, to);
    const [kind, factor] = (system === UCUM && UNITS[code]) || [];
    const [itsKind, itsFactor] = (range.system === UCUM && UNITS[range.code]) || [];
    if (kind === undefined) {
      return range.system === system && range.code === code && fitsRange(prefix, bounds, from, to);
    }
    if (kind !== itsKind) return false;
    const scaled = bounds.map((bound) => rounded(bound * factor));
    return fitsRange(prefix, scaled, rounded(from * itsFactor), rounded(to * itsFactor));
  });
}

// References, addresses, places

/** `Type/id` of this server, or the address of another. */
export function targetOf({ value }, base) {
  const text = typeof value === 'string' ? value : value.reference;
  if (text === undefined) return undefined;
  return text
    .replace(`${base}/`, '')
    .replace(/\/_history\/[^/]+$/, '')
    .replace(/\|.*$/, '');
}

export function fitsReference(nodes, text, types, base) {
  const wanted = targetOf({ value: plain(text) }, base);
  return nodes.some((node) => {
    const target = targetOf(node, base);
    if (target === undefined) return false;
    if (wanted.includes('/') || wanted.includes(':')) return target === wanted;
    return types.some((type) => target === `${type}/${wanted}`);
  });
}

export function fitsUri(nodes, modifier, text) {
  const wanted = plain(text);
  return nodes.some(({ value }) => {
    if (modifier === 'below') return value.startsWith(wanted);
    return modifier === 'above' ? wanted.startsWith(value) : value === wanted;
  });
}

function metresBetween(a, b) {
  const radians = (degrees) => (degrees * Math.PI) / 180;
  const sine = (x) => Math.sin(x / 2) ** 2;
  const h =
    sine(radians(b.latitude - a.latitude)) +
    Math.cos(radians(a.latitude)) * Math.cos(radians(b.latitude)) * sine(radians(b.longitude - a.longitude));
  return 2 * 6_371_008.8 * Math.asin(Math.sqrt(h));
}

function fitsNear(nodes, text) {
  const [latitude, longitude, distance, unit] = parted(text, '|');
  const metres = Number(distance) * (unit === 'm' ? 1 : 1000);
  return nodes.some(({ value }) => metresBetween(value, { latitude: +latitude, longitude: +longitude }) <= metres);
}

/** Whether the nodes of a parameter of R4's `type` fit one value. */
export function fitsValue(parameter, modifier, nodes, text, base) {
  switch (parameter.type) {
    case 'token':
      if (modifier === 'text') return fitsString(nodes.flatMap(textsOf), undefined, text);
      if (modifier === 'of-type') return fitsType(nodes, text);
      if (/^(in|above|below)$/.test(modifier)) return fitsTerms(nodes, modifier, text);
      return fitsToken(nodes, text);
    case 'string':
      return fitsString(nodes.flatMap(stringsOf), modifier, text);
    case 'date':
      return fitsDate(nodes.flatMap(datesOf), text);
    case 'number':
    case 'quantity':
      return fitsQuantity(nodes.flatMap(quantitiesOf), text);
    case 'reference':
      if (modifier === 'identifier') {
        return fitsToken(
          nodes.flatMap(({ value }) =>
            value.identifier === undefined ? [] : { type: 'Identifier', value: value.identifier },
          ),
          text,
        );
      }
      return fitsReference(nodes, text, modifier === undefined ? (parameter.target ?? []) : [modifier], base);
    case 'uri':
      return fitsUri(nodes, modifier, text);
    case 'special':
      return fitsNear(nodes, text);
    default:
      throw new Error(`no comparison for parameters of type ${parameter.type}`);
  }
}

/** Whether there is something to compare at all. */
export function hasValue(parameter, nodes, base) {
  switch (parameter.type) {
    case 'token':
      return nodes.flatMap(tokensOf).some(isToken);
    case 'string':
      return nodes.flatMap(stringsOf).some((text) => text !== undefined && text !== '');
    case 'date':
      return nodes.flatMap(datesOf).length > 0;
    case 'number':
    case 'quantity':
      return nodes.flatMap(quantitiesOf).length > 0;
    case 'reference':
      return nodes.some((node) => targetOf(node, base) !== undefined);
    default:
      return nodes.length > 0;
  }
}

/** What `_sort` compares: the least when it rises, the greatest when it falls; `undefined` where there is nothing. */
export function sortValue(parameter, nodes, descending, base) {
  const values = {
    token: () =>
      nodes
        .flatMap(tokensOf)
        .filter(isToken)
        .map(({ code }) => code),
    string: () =>
      nodes
        .flatMap(stringsOf)
        .filter((text) => text !== undefined)
        .map(folded),
    reference: () => nodes.map((node) => targetOf(node, base)).filter((target) => target !== undefined),
    uri: () => nodes.map(({ value }) => value),
    date: () => nodes.flatMap(datesOf).map((range) => range[descending ? 1 : 0]),
    number: () => nodes.flatMap(quantitiesOf).map((range) => (descending ? range.to : range.from)),
    quantity: () => nodes.flatMap(quantitiesOf).map((range) => (descending ? range.to : range.from)),
  }[parameter.type]();
  return values.sort((a, b) => (a < b ? -1 : a > b ? 1 : 0)).at(descending ? -1 : 0);
}
