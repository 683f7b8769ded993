/**
 * A job as the vendor sees it: a Task, pure, and how it is written. https://hl7.org/fhir/R4/task.html,
 * docs/adr/0031-a-queue-of-jobs-beside-the-records.md
 */
import type { CodeableConcept, Task, TaskOutput } from '@medplum/fhirtypes';
import { DMP_MESSAGES } from '../r4/dmp-messages.js';
import { fillIn } from '../r4/outcome.js';
import type { SearchRegistry } from '../search/registry.js';
import type { Put } from '../store/store.js';
import { STRUCTURE_ID } from './codes/systems.js';
import type { Establishment } from './establishments.js';
import { type DmpJob, mayBeInTheDmp, type State } from './queue/job.js';
import type { Change } from './queue/queue.js';

/** Systems of our own: profiles/dmp has them as CodeSystems. */
export const TASK_CODES = 'urn:passerelle:dmp-task';
export const STATUS_CODES = 'urn:passerelle:dmp-status';
export const HOLD_CODES = 'urn:passerelle:dmp-hold';
export const OUTPUT_CODES = 'urn:passerelle:dmp-output';
export const ESTABLISHMENT_IDS = 'urn:passerelle:dmp-establishment';

const STATUS: Readonly<Record<State, Task['status']>> = {
  received: 'received',
  validated: 'accepted',
  held: 'on-hold',
  queued: 'ready',
  sending: 'in-progress',
  unknown: 'in-progress',
  reconciling: 'in-progress',
  delivered: 'completed',
  superseded: 'completed',
  deleted: 'completed',
  rejected: 'rejected',
  failed: 'failed',
};
/** What was never sent was not completed. */
function statusOf(job: DmpJob): Task['status'] {
  const isGone = job.state === 'superseded' || (job.state === 'deleted' && job.work === 'provide');
  return isGone && !mayBeInTheDmp(job) ? 'cancelled' : STATUS[job.state];
}

const coded = (system: string, code: string): CodeableConcept => ({ coding: [{ system, code }] });
const instant = (at: number): string => new Date(at).toISOString();
type Told = Omit<TaskOutput, 'type'>;
const output = (code: string, value: Told): TaskOutput => ({ type: coded(OUTPUT_CODES, code), ...value });

/** Pure. The words of the DMP are in it, and what is missing in French: it is the vendor's, and for no log. */
export function taskOf(id: string, job: DmpJob, establishment: Establishment | undefined): Task {
  const { state, hold, attempts, faults = [], frozen } = job;
  const [last, first] = [attempts.at(-1), attempts[0]];
  const outputs: TaskOutput[] = [
    output('attempts', { valueInteger: job.sendings }),
    ...faults.map(({ key, params, expression }) =>
      output('missing', { valueString: `${expression}: ${fillIn(DMP_MESSAGES[key], params, 'fr')}` }),
    ),
    ...(last?.result === undefined
      ? []
      : [output('last-result', { valueString: `${last.transaction} ${last.result}` })]),
    ...(last?.codeContext === undefined ? [] : [output('code-context', { valueString: last.codeContext })]),
    ...(last?.messageId === undefined ? [] : [output('message-id', { valueUri: last.messageId })]),
    ...(job.entryUuid === undefined ? [] : [output('entry-uuid', { valueUri: job.entryUuid })]),
    ...(job.deliveredAt === undefined ? [] : [output('delivered-at', { valueInstant: instant(job.deliveredAt) })]),
  ];
  const inputs = [
    { type: coded(OUTPUT_CODES, 'document-version'), valueString: String(job.version) },
    ...(frozen === undefined
      ? []
      : [{ type: coded(OUTPUT_CODES, 'unique-id'), valueUri: `urn:oid:${frozen.header.uniqueId}` }]),
  ];
  const end = job.deliveredAt ?? (statusOf(job) === 'completed' ? job.changed : undefined);
  return {
    resourceType: 'Task',
    id,
    groupIdentifier: { system: ESTABLISHMENT_IDS, value: job.establishment },
    status: statusOf(job),
    ...(hold !== undefined && { statusReason: coded(HOLD_CODES, hold) }),
    businessStatus: {
      coding: [
        { system: STATUS_CODES, code: state },
        ...(hold === undefined ? [] : [{ system: HOLD_CODES, code: hold }]),
      ],
    },
    intent: 'order',
    code: coded(TASK_CODES, job.work),
    focus: { reference: `DocumentReference/${job.document}` },
    for: { reference: `Patient/${job.patient}` },
    authoredOn: instant(job.created),
    lastModified: instant(job.changed),
    ...(first !== undefined && {
      executionPeriod: { start: instant(first.began), ...(end !== undefined && { end: instant(end) }) },
    }),
    ...(establishment !== undefined && {
      owner: {
        type: 'Organization',
        identifier: { system: `urn:oid:${STRUCTURE_ID}`, value: establishment.structure },
        display: establishment.name,
      },
    }),
    input: inputs,
    output: outputs,
  };
}

/** Is it one of these? */
export const isDmpTask = ({ code }: { code?: unknown }): boolean =>
  ((code as CodeableConcept | undefined)?.coding ?? []).some(({ system }) => system === TASK_CODES);

/** How it is written. */
export function taskPut(
  { id, job, before }: Change,
  establishment: Establishment | undefined,
  registry: SearchRegistry,
  baseUrl: string,
): Put {
  const task = taskOf(id, job, establishment);
  const { resourceType: type, id: _, ...rest } = task;
  const text = { type, metaRest: '', rest: `,${JSON.stringify(rest).slice(1, -1)}` };
  const content = { text, values: registry.extract(type, task, baseUrl) };
  return { type, id, content, method: before === undefined ? 'POST' : 'PUT', expect: 'any' };
}
