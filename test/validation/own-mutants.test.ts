/** Mutations of our own, each with the verdict that follows from the definition. */
import t from 'tap';
import { RESOURCES } from '../bench/validation-resources.mjs';
import { type Mutation, Mutator } from './mutation.js';
import { definitions, validator } from './support.js';

type Json = Record<string, unknown>;
const profilesOf = ({ meta }: Json): string[] => (meta as { profile?: string[] } | undefined)?.profile ?? [];

/** Those that are judged otherwise than their definition says. */
function disagreements(
  mutations: Iterable<Mutation>,
  profiles: readonly string[] = [],
): { wrong: string[]; count: number } {
  const wrong: string[] = [];
  let count = 0;
  for (const { name, valid, resource } of mutations) {
    count++;
    const found = validator.validate(resource, { profiles }).filter(({ severity }) => severity === 'error');
    if ((found.length === 0) === valid) continue;
    const said = found
      .map(({ key, expression }) => `${key} ${expression}`)
      .slice(0, 2)
      .join(', ');
    wrong.push(`${name} is ${valid ? 'valid' : 'invalid'}${said === '' ? '' : `: ${said}`}`);
  }
  return { wrong, count };
}

let all = 0;
for (const [type, resource] of Object.entries(RESOURCES)) {
  t.test(`${type}, as R4 defines it`, async (t) => {
    // A claim would bring the rules of the profile in.
    const { meta: _, ...plain } = resource;
    const { wrong, count } = disagreements(new Mutator(definitions, plain).all());
    t.same(wrong, []);
    all += count;
  });
  for (const profile of profilesOf(resource)) {
    t.test(`${type}, as ${profile} narrows it`, async (t) => {
      const { wrong, count } = disagreements(new Mutator(definitions, resource).ofProfile(profile), [profile]);
      t.same(wrong, []);
      all += count;
    });
  }
}

t.test('there are enough of them', async (t) => {
  t.ok(all >= 2000, `${all} mutations`);
  t.comment(`${all} mutations`);
});
