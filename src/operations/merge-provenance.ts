/** The record of a merge or its undoing: what was written, from which versions. https://hl7.org/fhir/R4/provenance.html */
import { createHash } from 'node:crypto';
import type { Provenance } from '@medplum/fhirtypes';
import { objects } from '../identity/traits.js';
import { contentOf } from '../interactions/incoming.js';
import type { Context } from '../interactions/interaction.js';
import { parseObject } from '../r4/json.js';
import type { Put, StoredVersion } from '../store/store.js';

export interface Recorded {
  id: string;
  activity: 'merge' | 'unmerge';
  /** `Type/id/_history/version` of all that was written. */
  targets: readonly string[];
  entities: readonly { role: 'source' | 'revision'; reference: string }[];
}

/** Targets of one Provenance: a list of ten thousand would be read whole for each. */
const TARGETS = 1000;

export const versionRef = ({ type, id, version }: StoredVersion): string => `${type}/${id}/_history/${version}`;

/** The same for the same merge: by it the undoing finds its record. `source` is as the merge left it. */
export function mergeId(source: StoredVersion, target: { id: string }): string {
  const hash = createHash('sha256').update(`${source.id} ${source.version} ${target.id}`).digest('hex');
  return `merge-${hash.slice(0, 40)}`;
}

const partId = (id: string, part: number): string => (part === 0 ? id : `${id}-${part}`);

/** One or more Provenances, that of many targets in parts. */
export function provenances({ id, activity, targets, entities }: Recorded, context: Context): Put[] {
  const recorded = new Date().toISOString();
  const puts: Put[] = [];
  for (let from = 0; from < targets.length; from += TARGETS) {
    const part: Provenance = {
      resourceType: 'Provenance',
      target: targets.slice(from, from + TARGETS).map((reference) => ({ reference })),
      recorded,
      activity: { coding: [{ system: 'http://terminology.hl7.org/CodeSystem/iso-21089-lifecycle', code: activity }] },
      agent: [{ who: { display: context.services.software.name } }],
      entity: entities.map(({ role, reference }) => ({ role, what: { reference } })),
    };
    const content = contentOf('Provenance', parseObject(JSON.stringify(part)), context);
    puts.push({ type: 'Provenance', id: partId(id, puts.length), content, method: 'PUT', expect: 'any' });
  }
  return puts;
}

/** What was recorded under an id; `undefined` where nothing was. */
export async function recordOf(id: string, { services }: Context): Promise<Recorded | undefined> {
  const targets: string[] = [];
  let entities: Recorded['entities'] | undefined;
  for (let part = 0; ; part++) {
    const version = await services.store.read('Provenance', partId(id, part));
    if (version === undefined || version.deleted) break;
    const { target, entity } = JSON.parse(version.text) as Provenance;
    targets.push(...objects(target).map(({ reference }) => String(reference)));
    entities ??= (entity ?? []).map(({ role, what }) => ({
      role: role as 'source' | 'revision',
      reference: what?.reference ?? '',
    }));
  }
  return entities === undefined ? undefined : { id, activity: 'merge', targets, entities };
}
