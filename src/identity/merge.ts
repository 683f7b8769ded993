/**
 * What two Patients become when one takes the other's place. Pure: trees in, trees out.
 * https://hl7.org/fhir/R5/patient-operation-merge.html
 */
import { isSameTree } from '../r4/lossless.js';
import { personOf } from './person.js';
import { isObject, type Json, objects } from './traits.js';

export type MergeFault = 'merge-same' | 'merge-source-replaced' | 'merge-target-replaced' | 'merge-ins-conflict';

/** Why the two cannot be merged; `undefined` where they can. */
export function mergeFault(source: Json, target: Json): MergeFault | undefined {
  if (source.id === target.id) return 'merge-same';
  const isReplaced = ({ link }: Json) => objects(link).some(({ type }) => type === 'replaced-by');
  if (isReplaced(source)) return 'merge-source-replaced';
  if (isReplaced(target) || target.active === false) return 'merge-target-replaced';
  const [mine, theirs] = [personOf(source).ins, personOf(target).ins];
  // Two matricules of one authority are two people, or a matter for those who watch over identities.
  for (const [system, value] of mine) if ((theirs.get(system) ?? value) !== value) return 'merge-ins-conflict';
  return undefined;
}

const linkTo = (reference: string, type: string): Json => ({ other: { reference }, type });
const list = (value: unknown): unknown[] => (Array.isArray(value) ? value : []);

/** Inactive, and it says who took its place. */
export function mergedSource(source: Json, target: string): Json {
  return { ...source, active: false, link: [...list(source.link), linkTo(target, 'replaced-by')] };
}

/** It says whose place it took, and has the numbers that it did not have, as former ones. */
export function mergedTarget(target: Json, source: Json, reference: string): Json {
  const added = objects(source.identifier).filter(
    (one) => isCarriedOver(one) && !objects(target.identifier).some((other) => isSameNumber(one, other)),
  );
  const identifier = [
    ...list(target.identifier),
    ...added.map((one) => ({ ...one, use: one.use === 'secondary' ? 'secondary' : 'old' })),
  ];
  return {
    ...target,
    ...(identifier.length > 0 && { identifier }),
    link: [...list(target.link), linkTo(reference, 'replaces')],
  };
}

/** What names a person nationally (INS, social security, pharmaceutical record) is not taken from another record. */
const NATIONAL = /^urn:oid:1\.2\.250\.1\.(213\.1\.4\.\d+|176\.1\.2)$/;
const isCarriedOver = ({ system, value }: Json): boolean =>
  typeof value === 'string' && !(typeof system === 'string' && NATIONAL.test(system));

const isSameNumber = (a: Json, b: Json): boolean => a.system === b.system && a.value === b.value;

/** Does the target say that it took the source's place? */
export const isLinked = ({ link }: Json, reference: string): boolean =>
  objects(link).some(({ type, other }) => type === 'replaces' && isObject(other) && other.reference === reference);

/**
 * A target that was changed since the merge, without what the merge put in: its link and the numbers of the source.
 * `before` and `after` are the target around the merge; `undefined` where the merge changed more than that.
 */
export function unmergedTarget(
  now: Json,
  before: Json,
  after: Json,
  source: Json,
  reference: string,
): Json | undefined {
  const plain = ({ meta: _, ...rest }: Json) => rest;
  if (!isSameTree(plain(mergedTarget(before, source, reference)), plain(after))) return undefined;
  const had = objects(before.identifier);
  const added = objects(after.identifier).filter((one) => !had.some((other) => isSameNumber(one, other)));
  const identifier = list(now.identifier).filter(
    (one) => !added.some((other) => isObject(one) && isSameTree(one, other)),
  );
  const link = list(now.link).filter((one) => !isObject(one) || !isSameTree(one, linkTo(reference, 'replaces')));
  const { identifier: _i, link: _l, ...rest } = now;
  return { ...rest, ...(identifier.length > 0 && { identifier }), ...(link.length > 0 && { link }) };
}
