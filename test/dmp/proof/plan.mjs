/** What happens to which document, drawn from a seed: the same seed gives the same documents and the same wishes. */
import { insOf, oidFrom } from '../../support/dmp-world.mjs';

/** mulberry32: chance that can be repeated. */
export function chance(seed) {
  let state = seed >>> 0;
  const next = () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = state;
    t = Math.imul(t ^ (t >>> 15), t | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32;
  };
  return {
    next,
    below: (n) => Math.floor(next() * n),
    /** One of `[[weight, value], ...]`. */
    of(weighted) {
      let left = next() * weighted.reduce((sum, [weight]) => sum + weight, 0);
      for (const [weight, value] of weighted) {
        left -= weight;
        if (left < 0) return value;
      }
      return weighted.at(-1)[1];
    },
  };
}

/** `wavering`: opposed for a while, once or twice. `later`: the DMP is opened while the run goes on. */
const PATIENTS = [
  [70, 'open'],
  [10, 'wavering'],
  [6, 'opposed'],
  [5, 'none'],
  [3, 'closed'],
  [6, 'later'],
];
/** The steps of a document; `bad` is a version that the DMP refuses. */
const STORIES = [
  [40, ['file']],
  [12, ['file', 'file']],
  [6, ['file', 'file', 'file', 'file']],
  [6, ['file', 'delete']],
  [4, ['file', 'file', 'delete']],
  [4, ['file', 'delete', 'file']],
  [3, ['bad']],
  [4, ['bad', 'mend']],
  [4, ['bad', 'file']],
  [3, ['file', 'bad', 'file']],
  [4, ['file', 'same']],
  [4, ['hold', 'release']],
  [3, ['hold']],
  [3, ['hold', 'file']],
];
const FILES = new Set(['file', 'bad', 'same', 'hold']);

/** `documents` is how many versions are filed. */
export function makePlan({ seed, documents, establishments, patients = 30 }) {
  const random = chance(seed);
  const people = [];
  for (let e = 0; e < establishments; e++) {
    for (let p = 0; p < patients; p++) {
      const n = e * patients + p;
      people.push({ ins: insOf(n), establishment: `e${e}`, kind: random.of(PATIENTS) });
    }
  }
  const chains = [];
  let filed = 0;
  while (filed < documents) {
    const patient = people[random.below(people.length)];
    const story = random.of(STORIES);
    const name = `${seed} ${chains.length}`;
    const setId = oidFrom(`${name} 1`);
    const versions = [];
    const steps = story.map((step) => {
      if (!FILES.has(step)) return { step, version: versions.at(-1) };
      const versionNumber = versions.length + 1;
      const before = versions.at(-1);
      const said = step === 'same' ? before : { title: `Lettre ${name}.${versionNumber}`, text: textOf(random, name) };
      const version = {
        uniqueId: oidFrom(`${name} ${versionNumber}`),
        setId,
        versionNumber,
        ...(before === undefined ? {} : { replaces: before.uniqueId }),
        ins: patient.ins,
        title: said.title,
        text: said.text,
        ...(step === 'bad' ? { isBad: true } : {}),
      };
      versions.push(version);
      return { step, version, isFrozen: random.next() < 0.7 };
    });
    filed += versions.length;
    chains.push({ patient, story, steps, versions });
  }
  return { people, chains, filed };
}

const textOf = (random, name) => `${name} ${'lorem ipsum '.repeat(1 + random.below(40))}${random.next()}`;
