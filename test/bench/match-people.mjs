/**
 * An invented population and what becomes of its identities when they are typed a second time. With twins, sons called
 * as their fathers, and homonyms, since these are whom a match must not take for each other.
 */
import { keyOf } from '../../dist/identity/matricule.js';
import { randomOf } from '../model/random.mjs';

const FAMILIES =
  `Martin Bernard Thomas Petit Robert Richard Durand Dubois Moreau Laurent Simon Michel Lefebvre Leroy Roux David Bertrand
  Morel Fournier Girard Bonnet Dupont Lambert Fontaine Rousseau Vincent Muller Lefèvre Faure André Mercier Blanc Guérin
  Boyer Garnier Chevalier François Legrand Gauthier Garcia Perrin Robin Clément Morin Nicolas Henry Roussel Mathieu Gautier
  Masson Marchand Duval Denis Dumont Marie Lemaire Noël Meyer Dufour Meunier Brun Blanchard Giraud Joly Rivière Lucas Brunet
  Gaillard Barbier Arnaud Martinez Gérard Roche Renard Schmitt Roy Leroux Colin Vidal Caron Picard Roger Fabre Aubert
  Lemoine Renaud Dumas Lacroix Olivier Philippe Bourgeois Pierre Benoît Rey Leclerc Payet Rolland Leclercq Guillaume Lecomte
  López Jean Dupuy Guillot Hubert Berger Carpentier Sánchez Dupuis Moulin Louis Deschamps Huet Vasseur Pérez Boucher Fleury
  Royer Klein Jacquet Adam Paris Poirier Marty Aubry Guyot Carré Charles Renault Charpentier Ménard Maillard Baron Bertin
  Bailly Hervé Schneider Fernandez Le~Goff Collet Léger Bouvier Julien Prévost Millet Perrot Daniel Le~Roux Cousin Germain
  Breton Besson Langlois Rémy Le~Gall Pelletier Lévêque Perrier Leblanc Barré Lebrun Marchal Weber Mallet Hamon Boulanger
  Jacob Monnier Michaud Rodriguez Guichard Gillet Étienne Grondin Poulain Tessier Chevallier Collin Chauvin Da~Silva Bouchet
  Gay Lemaître Bénard Maréchal Humbert Reynaud Antoine Hoarau Perret Barthélemy Cordier Pichon Lejeune Gilbert Lamy Delaunay
  Pasquier Carlier Laporte`
    .trim()
    .split(/\s+/)
    .map((name) => name.replace('~', ' '));
const STARTS =
  'Ba Bel Bo Bra Cha Cor Da Del Du Fa Fer Gal Gou Gri Ha Ker Lam Lan Mar Mon Nau Par Pel Qui Ra Sal Ta Tré Vau Ver'.split(
    ' ',
  );
const MIDDLES = 'b ch d g l m n p r s t v bi ga li mo na ri ta ve'.split(' ');
const ENDS = 'ac aud ain eau el et ier in oit on ot ou oux uc y ard ez ic'.split(' ');
const WOMEN =
  `Marie Jeanne Françoise Monique Catherine Nathalie Isabelle Jacqueline Anne Sylvie Martine Madeleine Nicole Suzanne Hélène
  Christine Marguerite Denise Louise Christiane Yvonne Sophie Sandrine Céline Véronique Simone Chantal Annie Patricia
  Brigitte Julie Laurence Aurélie Pauline Camille Émilie Léa Manon Chloé Emma Inès Jade Louna Lina Lisa Lise Élise Éloïse
  Marine Marina Mariane Andrée Germaine Odette Paulette Lucienne Thérèse Yvette Ginette Huguette Colette Bernadette Georgette
  Clémence Mathilde Juliette Charlotte Anaïs Océane Justine Solène Maëlle Gwenaëlle Azélie Philomène Ombeline Sidonie`
    .trim()
    .split(/\s+/);
const MEN =
  `Jean Pierre Michel André Philippe René Louis Alain Jacques Bernard Marcel Daniel Roger Robert Paul Claude Christian Henri
  Georges Nicolas François Patrick Gérard Christophe Joseph Julien Maurice Laurent Frédéric Éric David Stéphane Pascal
  Sébastien Alexandre Thierry Olivier Antoine Raymond Guy Dominique Charles Didier Marc Vincent Yves Guillaume Bruno Serge
  Thomas Lucas Théo Léo Hugo Enzo Nathan Louison Raphaël Arthur Jules Gabriel Maxime Quentin Clément Romain Alexis Valentin
  Baptiste Corentin Titouan Malo Ewen Florent Florian Florentin Jérôme Gaëtan Loïc Yann Hervé Firmin Anselme Médard Célestin`
    .trim()
    .split(/\s+/);
const SECONDS = [
  'Marie',
  'Paul',
  'Louis',
  'Anne',
  'Pierre',
  'Claude',
  'Thérèse',
  'François',
  'Luc',
  'Laure',
  'Rose',
  'Michel',
];

const FR = 'https://hl7.fr/ig/fhir/core/';
const TEST_OID = 'urn:oid:1.2.250.1.213.1.4.10';

/** The first ones of a list are the common ones. */
const common = (random, list) => list[Math.floor(list.length * (random.below(10_000) / 10_000) ** 2)];
const two = (number) => String(number).padStart(2, '0');

function familyName(random) {
  if (random.chance(45)) return common(random, FAMILIES);
  const plain = random.pick(STARTS) + random.pick(MIDDLES) + random.pick(ENDS);
  return random.chance(6) ? `${plain}-${random.pick(FAMILIES)}` : plain;
}

function givenName(random, gender) {
  const name = common(random, gender === 'female' ? WOMEN : MEN);
  return random.chance(10) && !name.includes('-') ? `${name}-${random.pick(SECONDS)}` : name;
}

/** Half of the births are in some cities. */
function commune(random) {
  if (random.chance(50)) return `${two(1 + random.below(40))}${String(100 + random.below(3)).padStart(3, '0')}`;
  return `${two(1 + random.below(95))}${String(1 + random.below(600)).padStart(3, '0')}`;
}

function birthDate(random) {
  const year = 1925 + Math.floor(100 * (random.below(10_000) / 10_000) ** 1.3);
  return `${year}-${two(1 + random.below(12))}-${two(1 + random.below(28))}`;
}

function person(random, number, more = {}) {
  const gender = more.gender ?? (random.chance(52) ? 'female' : 'male');
  const family = more.family ?? familyName(random);
  const date = more.date ?? birthDate(random);
  const place = more.place ?? commune(random);
  const given = more.given ?? givenName(random, gender);
  const sex = gender === 'female' ? '2' : '1';
  const body = `${sex}${date.slice(2, 4)}${date.slice(5, 7)}${place}${String(number % 1000).padStart(3, '0')}`;
  return {
    number,
    gender,
    family,
    used: more.used ?? (gender === 'female' && random.chance(40) ? familyName(random) : undefined),
    given,
    further: [givenName(random, gender), givenName(random, gender)].slice(0, random.below(3)),
    date,
    place,
    ins: body + keyOf(body),
    hasIns: random.chance(85),
    ipp: `IPP-${number}`,
  };
}

/** A twin: another given name. */
function twinOf(one, random, number) {
  const gender = random.chance(65) ? one.gender : one.gender === 'male' ? 'female' : 'male';
  let given = givenName(random, gender);
  while (given === one.given) given = givenName(random, gender);
  return person(random, number, { gender, given, family: one.family, date: one.date, place: one.place });
}

/** A child called as the parent, sometimes born on the same day of the year or at the same place. */
function namesakeOf(one, random, number) {
  const year = Number(one.date.slice(0, 4)) + 20 + random.below(20);
  const date = random.chance(20) ? `${year}${one.date.slice(4)}` : `${year}${birthDate(random).slice(4)}`;
  const place = random.chance(50) ? one.place : commune(random);
  return person(random, number, { gender: one.gender, given: one.given, family: one.family, date, place });
}

/** Another one of the same name, born near in time, elsewhere. */
function homonymOf(one, random, number) {
  const [year, month, day] = one.date.split('-');
  const other = random.chance(50)
    ? `${year}-${month}-${two((Number(day) % 28) + 1)}`
    : `${Number(year) + 1 + random.below(3)}-${month}-${day}`;
  return person(random, number, { gender: one.gender, given: one.given, family: one.family, date: other });
}

/** `size` people, the same for the same seed. */
export function population(size, seed) {
  const random = randomOf(seed);
  const people = [];
  while (people.length < size) {
    const one = person(random, people.length);
    people.push(one);
    if (people.length < size && random.chance(1.5)) people.push(twinOf(one, random, people.length));
    if (people.length < size && random.chance(1)) people.push(namesakeOf(one, random, people.length));
    if (people.length < size && random.chance(0.5)) people.push(homonymOf(one, random, people.length));
  }
  return people;
}

/** People of whom nothing is stored, though much of them looks like somebody who is. */
export function strangers(people, count, seed) {
  const random = randomOf(seed);
  return Array.from({ length: count }, (_, i) => {
    const number = people.length + i;
    const one = random.pick(people);
    const make = [twinOf, namesakeOf, homonymOf, (_one, r, n) => person(r, n), (_one, r, n) => person(r, n)][i % 5];
    return make(one, random, number);
  });
}

/** A Patient as FR Core has it; `system` is that of the local number. */
export function patientOf(one, system = 'urn:oid:1.2.250.1.999.7') {
  const { gender, family, used, given, further, date, place, ins, ipp } = one;
  const isQualified = one.hasIns === true;
  const list = [given, ...further].filter((name) => name !== '').join(' ');
  const names = [];
  if (family !== '' || given !== '') {
    names.push({
      use: 'official',
      ...(family !== '' && { family }),
      ...(given !== '' && { given: [given] }),
      ...(list !== '' && {
        extension: [{ url: `${FR}StructureDefinition/fr-core-patient-birth-list-given-name`, valueString: list }],
      }),
    });
  }
  if (used !== undefined) names.push({ use: 'usual', family: used, given: [given] });
  const identifier = [{ use: 'usual', system, value: ipp }];
  if (isQualified) {
    const coding = [{ system: `${FR}CodeSystem/fr-core-cs-v2-0203`, code: 'INS-NIR-TEST' }];
    identifier.unshift({ use: 'official', type: { coding }, system: TEST_OID, value: ins });
  }
  const status = { system: `${FR}CodeSystem/fr-core-cs-v2-0445`, code: isQualified ? 'VALI' : 'PROV' };
  const extension = [
    {
      url: `${FR}StructureDefinition/fr-core-identity-reliability`,
      extension: [{ url: 'identityStatus', valueCoding: status }],
    },
  ];
  if (place !== undefined) {
    const code = { system: 'https://mos.esante.gouv.fr/NOS/TRE_R13-CommuneOM/FHIR/TRE-R13-CommuneOM', code: place };
    extension.push({
      url: 'http://hl7.org/fhir/StructureDefinition/patient-birthPlace',
      valueAddress: { extension: [{ url: `${FR}StructureDefinition/fr-core-address-insee-code`, valueCoding: code }] },
    });
  }
  return {
    resourceType: 'Patient',
    extension,
    identifier,
    name: names,
    ...(gender !== undefined && { gender }),
    ...(date !== undefined && { birthDate: date }),
  };
}

const LETTERS = 'abcdefghijklmnopqrstuvwxyz';

/** A slip of the keyboard: a letter replaced, left out, put in, or two swapped. */
function slip(text, random) {
  if (text.length < 4) return text;
  const at = 1 + random.below(text.length - 1);
  const letter = random.pick([...LETTERS]);
  switch (random.below(4)) {
    case 0:
      return text.slice(0, at) + letter + text.slice(at + 1);
    case 1:
      return text.slice(0, at) + text.slice(at + 1);
    case 2:
      return text.slice(0, at) + letter + text.slice(at);
    default:
      return at + 1 < text.length ? text.slice(0, at) + text[at + 1] + text[at] + text.slice(at + 2) : text;
  }
}

const plain = (text) => text.normalize('NFD').replace(/\p{M}/gu, '');
const HEARD = [
  [/ph/, 'f'],
  [/f/, 'ph'],
  [/eau/, 'o'],
  [/au/, 'o'],
  [/ll/, 'l'],
  [/nn/, 'n'],
  [/tt/, 't'],
  [/n(?=[aeiou])/, 'nn'],
  [/y/, 'i'],
  [/i/, 'y'],
  [/t$/, ''],
  [/x$/, ''],
  [/c(?=[aou])/, 'k'],
];

function misheard(text, random) {
  const fitting = HEARD.filter(([pattern]) => pattern.test(text));
  if (fitting.length === 0) return text;
  const [pattern, by] = random.pick(fitting);
  return text.replace(pattern, by);
}

function wrongDate(date, random) {
  const [year, month, day] = date.split('-');
  switch (random.below(4)) {
    case 0:
      return Number(day) <= 12 ? `${year}-${day}-${month}` : `${year}-${month}-${two((Number(day) % 28) + 1)}`;
    case 1:
      return `${year.slice(0, 3)}${(Number(year[3]) + 1 + random.below(9)) % 10}-${month}-${day}`;
    case 2:
      return `${year}-${month}-${day[0]}${(Number(day[1]) + 1 + random.below(8)) % 10}`.replace(/-00$/, '-01');
    default:
      return `${year}-${two((Number(month) % 12) + 1)}-${day}`;
  }
}

/** What goes wrong, and how often beside the others. */
const ALTERATIONS = [
  [18, (one) => ({ family: plain(one.family).toUpperCase(), given: plain(one.given).toUpperCase() })],
  [
    12,
    (one) => ({
      given: one.given.replace('-', ' '),
      family: one.family.replace(/[- ]/, one.family.includes('-') ? ' ' : '-'),
    }),
  ],
  [6, (one) => ({ given: one.given.split('-')[0] })],
  [10, (one) => (one.used === undefined ? { further: [] } : { family: one.used, used: undefined })],
  [12, (one, random) => ({ family: slip(one.family, random) })],
  [8, (one, random) => ({ given: slip(one.given, random) })],
  [8, (one, random) => ({ family: misheard(one.family, random) })],
  [4, (one, random) => ({ given: misheard(one.given, random) })],
  [12, (one, random) => ({ date: wrongDate(one.date, random) })],
  [8, () => ({ further: [] })],
  [6, () => ({ place: undefined })],
  [2, (_one, random) => ({ place: commune(random) })],
  [2, () => ({ gender: undefined })],
  [1, (one) => ({ gender: one.gender === 'male' ? 'female' : 'male' })],
  [1, (one) => ({ family: one.given, given: one.family })],
];
const TOTAL = ALTERATIONS.reduce((sum, [weight]) => sum + weight, 0);

/** The same person typed again elsewhere: another local number, mostly no INS, and one to three things gone wrong. */
export function alteredOf(one, random) {
  let altered = { ...one, ipp: `AUTRE-${one.number}`, hasIns: random.chance(25) };
  const times = random.chance(70) ? 1 : random.chance(83) ? 2 : 3;
  for (let i = 0; i < times; i++) {
    let at = random.below(TOTAL);
    const [, alter] = ALTERATIONS.find(([weight]) => {
      at -= weight;
      return at < 0;
    });
    altered = { ...altered, ...alter(altered, random) };
  }
  return altered;
}

/** `count` people of the population, none twice, altered. */
export function duplicates(people, count, seed) {
  const random = randomOf(seed);
  return random
    .shuffled(people)
    .slice(0, count)
    .map((one) => alteredOf(one, random));
}
