/** `near` of Location: places around a point. https://hl7.org/fhir/R4/location.html#positional-searching */
import type { Bilingual } from '../../r4/errors.js';
import { canonical } from '../../r4/ucum.js';
import { split, unescaped } from '../escapes.js';
import { isObject, type Walk } from '../expression.js';
import type { NearMatch } from '../query.js';
import { isRecent } from '../recent.js';
import type { Place } from '../schema.js';
import { BadValue, type Extraction, type ParameterType } from './parameter-type.js';

/** What is near where nobody says how far; R4 leaves it to the server. */
const DEFAULT_METRES = 50_000;
const DECIMAL = /^-?\d+(\.\d+)?$/;
const MAX_LENGTH = 64;

function isWithin(value: unknown, limit: number): value is number {
  return typeof value === 'number' && Math.abs(value) <= limit;
}

function extractor(place: Place, key: string): Walk<Extraction> | undefined {
  if (place.path !== 'Location.position') return undefined;
  return (node, { values }) => {
    if (!isObject(node)) return;
    const { latitude, longitude } = node;
    if (!isWithin(latitude, 90) || !isWithin(longitude, 180)) return;
    const isSame = (one: (typeof values.positions)[number]) =>
      one.latitude === latitude && one.longitude === longitude && one.key === key;
    if (!isRecent(values.positions, isSame)) values.positions.push({ key, latitude, longitude });
  };
}

/** NaN for what is no decimal. */
function decimal(text: string): number {
  return text.length <= MAX_LENGTH && DECIMAL.test(text) ? Number(text) : Number.NaN;
}

function degrees(text: string, whole: string, limit: number, reason: Bilingual): number {
  const value = decimal(text);
  if (!isWithin(value, limit)) throw new BadValue(whole, reason);
  return value;
}

/** `latitude|longitude|distance|units`; without units the distance is in kilometres. Throws BadValue. */
export function nearMatch(text: string): NearMatch {
  const [latitude = '', longitude, distance = '', units = '', ...more] = split(text, '|').map(unescaped);
  if (longitude === undefined || more.length > 0) {
    throw new BadValue(text, {
      en: 'latitude|longitude|distance|units is expected; distance and units may be left out',
      fr: 'latitude|longitude|distance|unités est attendu ; distance et unités sont facultatives',
    });
  }
  return {
    latitude: degrees(latitude, text, 90, {
      en: 'the latitude is a number of degrees from -90 to 90',
      fr: 'la latitude est un nombre de degrés de -90 à 90',
    }),
    longitude: degrees(longitude, text, 180, {
      en: 'the longitude is a number of degrees from -180 to 180',
      fr: 'la longitude est un nombre de degrés de -180 à 180',
    }),
    // Units alone say nothing.
    metres: distance === '' ? DEFAULT_METRES : metres(distance, units === '' ? 'km' : units, text),
  };
}

function metres(distance: string, units: string, text: string): number {
  const value = decimal(distance);
  if (!(value >= 0)) {
    throw new BadValue(text, {
      en: 'the distance is a number that is not negative',
      fr: 'la distance est un nombre qui n’est pas négatif',
    });
  }
  const length = canonical(value, units);
  if (length?.unit !== 'm') {
    throw new BadValue(text, {
      en: 'the units are a length in UCUM, such as km, m or [mi_i]',
      fr: 'les unités sont une longueur en UCUM, comme km, m ou [mi_i]',
    });
  }
  return length.value;
}

export const position: ParameterType = {
  kind: 'position',
  modifiers: [],
  prefixes: [],
  extractor,
  parse: ({ key, texts }) => ({ kind: 'position', key, anyOf: texts.map(nearMatch) }),
};
