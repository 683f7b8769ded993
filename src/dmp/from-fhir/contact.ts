/** Addresses, phones and names as CDA has them. https://hl7.fr/ig/fhir/core */
import type { ContactPoint, Address as FhirAddress, HumanName } from '@medplum/fhirtypes';
import type { Address, PersonName, Telecom } from '../document.js';

const USES: Readonly<Record<string, string>> = { home: 'H', work: 'WP', mobile: 'MC', temp: 'TMP' };

export function addressOf(address: FhirAddress | undefined): Address | undefined {
  if (address === undefined) return undefined;
  const { line = [], postalCode, city, country, use, text } = address;
  const lines = line.length === 0 && postalCode === undefined && text !== undefined ? [text] : line;
  if (lines.length === 0 && city === undefined) return undefined;
  const known = use === undefined ? undefined : USES[use];
  return {
    lines,
    ...(postalCode === undefined ? {} : { postalCode }),
    ...(city === undefined ? {} : { city }),
    ...(country === undefined ? {} : { country }),
    ...(known === undefined ? {} : { use: known }),
  };
}

const SCHEMES: Readonly<Record<string, string>> = {
  phone: 'tel:',
  sms: 'tel:',
  fax: 'fax:',
  email: 'mailto:',
  url: '',
};

export function telecomsOf(points: readonly ContactPoint[] | undefined): Telecom[] {
  return (points ?? []).flatMap(({ system, value, use }) => {
    const scheme = system === undefined ? undefined : SCHEMES[system];
    if (scheme === undefined || value === undefined) return [];
    const known = use === undefined ? undefined : USES[use];
    // A telecom is a URL: no spaces.
    const plain = scheme === 'tel:' || scheme === 'fax:' ? value.replaceAll(/[\s.()-]/g, '') : value.trim();
    return [{ value: `${scheme}${plain}`, ...(known === undefined ? {} : { use: known }) }];
  });
}

/** The official name before any other; `undefined` without a family name. */
export function nameOf(names: readonly HumanName[] | undefined): PersonName | undefined {
  const name = names?.find(({ use }) => use === 'official') ?? names?.[0];
  if (name?.family === undefined) return undefined;
  const { family, given, prefix = [], suffix = [] } = name;
  // A doctor's title stands among the prefixes in FHIR, among the suffixes in CDA.
  const title = [...suffix, ...prefix].find((each) => /^(DR|PR)\.?$/i.test(each));
  const civility = prefix.find((each) => /^(M|MME|MLLE)\.?$/i.test(each));
  return {
    family,
    ...(given?.[0] === undefined ? {} : { given: given[0] }),
    ...(civility === undefined ? {} : { prefix: civility.replace('.', '').toUpperCase() }),
    ...(title === undefined ? {} : { suffix: title.replace('.', '').toUpperCase() }),
  };
}
