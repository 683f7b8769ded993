/** Our French profiles beside the published ones, rule by rule, where these are at hand. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { DATA, definitions, errors } from './support.js';

const OURS = fileURLToPath(new URL('../../profiles/fr-core-2.2.0/', import.meta.url));
const THEIRS = `${DATA}ig/hl7.fhir.fr.core/`;
const skip = !existsSync(THEIRS) && 'shared/data/ig/hl7.fhir.fr.core is not there';

interface Element {
  id: string;
  min?: number;
  max?: string;
  type?: { code: string; profile?: string[]; targetProfile?: string[] }[];
  binding?: { strength: string; valueSet?: string };
  slicing?: { rules: string; ordered?: boolean; discriminator?: { type: string; path: string }[] };
  constraint?: { key: string; severity: string; expression?: string }[];
}
interface Part {
  system?: string;
  concept?: { code: string }[];
  valueSet?: string[];
}
interface Definition {
  resourceType: string;
  url: string;
  version: string;
  differential: { element: Element[] };
  snapshot: { element: Element[] };
  concept?: { code: string }[];
  compose?: { include: Part[]; exclude?: Part[] };
}

const bare = (canonical: string | undefined) => canonical?.split('|')[0];

/** What of an element decides over a resource. */
function rules(element: Element): Record<string, unknown> {
  const { min, max, type, binding, slicing, constraint } = element;
  const constants = Object.entries(element).filter(([name]) => /^(fixed|pattern)/.test(name));
  const all: Record<string, unknown> = {
    min,
    max,
    type: type?.map(({ code, profile, targetProfile }) => [
      code,
      (profile ?? []).map(bare).sort(),
      (targetProfile ?? []).map(bare).sort(),
    ]),
    binding: binding && [binding.strength, bare(binding.valueSet)],
    slicing: slicing && [
      slicing.rules,
      slicing.ordered ?? false,
      slicing.discriminator?.map(({ type, path }) => `${type}:${path}`).sort(),
    ],
    constraint: constraint?.map(({ key, severity, expression }) => [key, severity, expression]),
    ...Object.fromEntries(constants),
  };
  return Object.fromEntries(Object.entries(all).filter(([, rule]) => rule !== undefined));
}

/** Differences that change no verdict. */
const HARMLESS: { where: RegExp; why: string; same: (ours: Rules, theirs: Rules) => boolean }[] = [
  {
    where: /^Extension(\.extension:\w+)*\.value\[x\]$/,
    why: 'ext-1 asks for a value where an extension has no parts',
    same: (ours, theirs) => JSON.stringify({ ...ours, min: undefined }) === JSON.stringify({ ...theirs }),
  },
  {
    where: /^Extension$/,
    why: 'how often an extension stands is the business of where it stands',
    same: (_ours, theirs) => JSON.stringify(theirs) === '{"max":"1"}',
  },
  {
    where: /\.extension$/,
    why: 'extensions are always sliced by url, open',
    same: ({ slicing, ...ours }, theirs) =>
      JSON.stringify(slicing) === '["open",false,["value:url"]]' && JSON.stringify(ours) === JSON.stringify(theirs),
  },
  {
    where: /^(Observation(\.component:\w+)?\.value\[x\]|Organization\.type)$/,
    why: 'an open slicing to which the profile adds no slice, whether or not the one it builds on has some',
    same: (ours, { slicing, ...theirs }) =>
      (slicing as [string] | undefined)?.[0] === 'open' && JSON.stringify(ours) === JSON.stringify(theirs),
  },
];
type Rules = Record<string, unknown>;

function codes(concepts: { code: string }[] = []): string[] {
  return concepts.map(({ code }) => code).sort();
}

/** `system|code` of what is listed, less what is excluded; a whole system as `system|`. */
function members({ compose }: Definition): string[] {
  const list = (parts: Part[] = []) =>
    parts
      .map((part) =>
        bare(part.valueSet?.[0]) === 'http://hl7.org/fhir/ValueSet/identifier-use' ? IDENTIFIER_USE : part,
      )
      .flatMap(({ system, concept }) =>
        concept === undefined ? [`${system}|`] : concept.map(({ code }) => `${system}|${code}`),
      );
  const without = new Set(list(compose?.exclude));
  // One system stands twice in a published value set.
  return [...new Set(list(compose?.include))].filter((member) => !without.has(member)).sort();
}

/** R4's own value set, which one of theirs takes as a whole. */
const IDENTIFIER_USE = {
  system: 'http://hl7.org/fhir/identifier-use',
  concept: ['usual', 'official', 'temp', 'secondary', 'old'].map((code) => ({ code })),
};

t.test('what we write is itself valid, and every French canonical that it names is there', async (t) => {
  const files = readdirSync(OURS);
  const texts = files.map((file) => readFileSync(OURS + file, 'utf8'));
  const urls = new Set(texts.map((text) => (JSON.parse(text) as Definition).url));
  for (const [i, text] of texts.entries()) {
    t.same(errors(JSON.parse(text) as object), [], files[i] as string);
    const named =
      text.match(/https:\/\/hl7\.fr\/ig\/fhir\/core\/(StructureDefinition|ValueSet|CodeSystem)\/[\w-]+/g) ?? [];
    t.same(
      named.filter((url) => !urls.has(url)),
      [],
      files[i] as string,
    );
  }
});

t.test('the same rules as the published profiles', { skip }, async (t) => {
  const files = readdirSync(OURS);
  t.ok(files.length >= 140);
  for (const file of files) {
    const [ours, theirs] = [OURS, THEIRS].map((folder) => JSON.parse(readFileSync(folder + file, 'utf8'))) as [
      Definition,
      Definition,
    ];
    t.equal(`${ours.url}|${ours.version}`, `${theirs.url}|${theirs.version}`);
    if (ours.resourceType === 'StructureDefinition') {
      const [mine, published] = [ours, theirs].map(
        ({ differential }) => new Map(differential.element.map((element) => [element.id, rules(element)])),
      ) as [Map<string, Rules>, Map<string, Rules>];
      for (const id of new Set([...mine.keys(), ...published.keys()])) {
        const [own, other] = [mine.get(id) ?? {}, published.get(id) ?? {}];
        if (HARMLESS.some(({ where, same }) => where.test(id) && same(own, other))) continue;
        t.same(own, other, `${file} ${id}`);
      }
    } else if (ours.resourceType === 'CodeSystem') {
      t.same(codes(ours.concept), codes(theirs.concept), file);
    } else {
      t.same(members(ours), members(theirs), file);
    }
  }
});

/** What in a snapshot refuses a resource; types are compared by the differentials above. */
function refusing(element: Element): Record<string, unknown> {
  const { type: _, binding, ...all } = rules(element);
  const required = element.binding?.strength === 'required' ? { binding } : {};
  const keys = element.constraint?.map(({ key }) => key).sort();
  return { ...all, ...required, constraint: keys ?? [] };
}

/** The same rule said at another place of the same snapshot. */
const SAID_ELSEWHERE = [
  { where: /:\w+(\.extension:\w+)?\.value\[x\]$/, why: 'ext-1: an extension without parts has a value' },
  { where: /^Extension\.value\[x\]$/, why: 'the same' },
  { where: /^Extension$/, why: 'how often an extension stands is the business of where it stands' },
  { where: /^Observation\.component(:\w+)?\.value\[x\]$/, why: 'units that R4 asks of each of its vital signs' },
  { where: /^Observation\.partOf\.\w+$/, why: 'parts of a Reference as R4 has them' },
  { where: /^Organization\.type$/, why: 'an open slicing without slices' },
  { where: /^Patient\.name:\w+\.prefix$/, why: 'every name is a fr-core-human-name, and its prefix single' },
];

t.test('our snapshots ask for the same', { skip }, async (t) => {
  for (const file of readdirSync(OURS).filter((name) => name.startsWith('StructureDefinition-'))) {
    const theirs = JSON.parse(readFileSync(THEIRS + file, 'utf8')) as Definition;
    const own = definitions.structure(theirs.url)?.snapshot.element as unknown as Element[];
    const ours = new Map(own.map((element) => [element.id, element]));
    const different: string[] = [];
    for (const element of theirs.snapshot.element) {
      if (SAID_ELSEWHERE.some(({ where }) => where.test(element.id))) continue;
      const mine = ours.get(element.id);
      if (mine === undefined || JSON.stringify(refusing(mine)) !== JSON.stringify(refusing(element))) {
        different.push(element.id);
      }
    }
    t.same(different, [], file);
    t.ok(theirs.snapshot.element.length > 4);
  }
});
