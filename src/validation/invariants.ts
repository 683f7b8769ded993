/**
 * R4's own invariants as plain functions, by the key of the constraint (`Type|key` where several types share a key).
 * https://hl7.org/fhir/R4/conformance-rules.html#constraints
 */
import { UCUM } from '../r4/ucum.js';
import { quantityIsAfter } from './compare.js';
import { isObject, type Json } from './explain.js';
import type { Holds } from './plan.js';
import { among, has, hasAny, hasChoice, isDistinct, list } from './presence.js';

const hasCoding = (concept: unknown, system: string, ...codes: string[]): boolean =>
  isObject(concept) && list(concept.coding).some((c) => c.system === system && codes.includes(String(c.code)));

/** Is `a` after `b`? Of dates of unequal precision only the common part counts. */
export function isAfter(a: unknown, b: unknown): boolean {
  if (typeof a !== 'string' || typeof b !== 'string') return false;
  if (a.length > 10 && b.length > 10) return Date.parse(a) > Date.parse(b);
  const length = Math.min(a.length, b.length, 10);
  // A time near midnight may be another day in the other's zone, so a day with a time is not compared to a bare day.
  if (a.length !== b.length && length === 10) return Date.parse(a.slice(0, 10)) - Date.parse(b.slice(0, 10)) > 86400000;
  return a.slice(0, length) > b.slice(0, length);
}

/**
 * `start <= end` as FHIRPath has it: of two that are the same as far as both go, one being more exact, neither is known
 * to come first, and the rule is not kept. https://hl7.org/fhirpath/N1/#comparison
 */
function isInOrder(start: unknown, end: unknown): boolean {
  if (typeof start !== 'string' || typeof end !== 'string') return true;
  if (start.length > 10 && end.length > 10) return !(Date.parse(start) > Date.parse(end));
  const length = Math.min(start.length, end.length, 10);
  const [from, to] = [start.slice(0, length), end.slice(0, length)];
  return from < to || (from === to && start.length === end.length);
}

const isUcum = (value: Json): boolean =>
  (has(value, 'code') || !has(value, 'value')) && (!has(value, 'system') || value.system === UCUM);

function isPercent(bound: unknown): boolean {
  return !isObject(bound) || (bound.code === '%' && bound.system === UCUM);
}

/** Every linkId below, at any depth. */
function linkIds(item: Json, found: unknown[] = []): unknown[] {
  for (const child of list(item.item)) {
    if (child.linkId !== undefined) found.push(child.linkId);
    linkIds(child, found);
  }
  return found;
}
function conceptCodes(node: Json, found: unknown[] = []): unknown[] {
  for (const child of list(node.concept)) {
    found.push(child.code);
    conceptCodes(child, found);
  }
  return found;
}
const CONDITION_STATUS = 'http://terminology.hl7.org/CodeSystem/condition-ver-status';
const CONDITION_CATEGORY = 'http://terminology.hl7.org/CodeSystem/condition-category';
const ALLERGY_STATUS = 'http://terminology.hl7.org/CodeSystem/allergyintolerance-verification';
const ONE_OPERATION: Holds = (v) => has(v, 'operation') !== has(v, 'assert');
/** As they are published, these ask for scopes of the system `something`, which nobody uses. */
const NEVER_BROKEN: Holds = () => true;
const TEAM_MEMBER = /(?:^|\/)(Practitioner|PractitionerRole|RelatedPerson|Patient|Organization|CareTeam)\/[^/]+$/;
const NO_HOME: Holds = (v) => v.use !== 'home';

export const INVARIANTS: Readonly<Record<string, Holds>> = {
  'age-1': (v) => isUcum(v) && (typeof v.value !== 'number' || v.value > 0),
  'qty-3': (v) => !has(v, 'code') || has(v, 'system'),
  'att-1': (v) => !has(v, 'data') || has(v, 'contentType'),
  'cpt-2': (v) => !has(v, 'value') || has(v, 'system'),
  'cnt-3': (v) =>
    isUcum(v) && (!has(v, 'code') || v.code === '1') && (typeof v.value !== 'number' || Number.isInteger(v.value)),
  'drq-1': (v) => has(v, 'path') !== has(v, 'searchParam'),
  'drq-2': (v) => has(v, 'path') !== has(v, 'searchParam'),
  'dis-1': isUcum,
  'drt-1': (v) => !has(v, 'code') || (v.system === UCUM && has(v, 'value')),
  'exp-1': (v) => has(v, 'expression') || has(v, 'reference'),
  'per-1': (v) => isInOrder(v.start, v.end),
  'rng-2': (v) => !quantityIsAfter(v.low, v.high),
  'rat-1': (v) => has(v, 'numerator') === has(v, 'denominator') && (has(v, 'numerator') || v.extension !== undefined),
  'tim-1': (v) => !has(v, 'duration') || has(v, 'durationUnit'),
  'tim-2': (v) => !has(v, 'period') || has(v, 'periodUnit'),
  'tim-4': (v) => typeof v.duration !== 'number' || v.duration >= 0,
  'tim-5': (v) => typeof v.period !== 'number' || v.period >= 0,
  'tim-6': (v) => !has(v, 'periodMax') || has(v, 'period'),
  'tim-7': (v) => !has(v, 'durationMax') || has(v, 'duration'),
  'tim-8': (v) => !has(v, 'countMax') || has(v, 'count'),
  'tim-9': (v) =>
    !has(v, 'offset') || (Array.isArray(v.when) && !v.when.some((when) => among(when, 'C', 'CM', 'CD', 'CV'))),
  'tim-10': (v) => !has(v, 'timeOfDay') || !has(v, 'when'),
  'trd-1': (v) => !has(v, 'data') || !hasChoice(v, 'timing'),
  'trd-2': (v) => !has(v, 'condition') || has(v, 'data'),
  'trd-3': (v) =>
    (v.type !== 'named-event' || has(v, 'name')) &&
    (v.type !== 'periodic' || hasChoice(v, 'timing')) &&
    (typeof v.type !== 'string' || !v.type.startsWith('data-') || has(v, 'data')),
  'ait-1': (v) => hasCoding(v.verificationStatus, ALLERGY_STATUS, 'entered-in-error') || has(v, 'clinicalStatus'),
  'ait-2': (v) => !hasCoding(v.verificationStatus, ALLERGY_STATUS, 'entered-in-error') || !has(v, 'clinicalStatus'),
  'app-1': (v) => hasAny(v, 'type', 'actor'),
  'app-2': (v) => has(v, 'start') === has(v, 'end'),
  'app-3': (v) => (has(v, 'start') && has(v, 'end')) || among(v.status, 'proposed', 'cancelled', 'waitlist'),
  'app-4': (v) => !has(v, 'cancelationReason') || among(v.status, 'noshow', 'cancelled'),
  'apr-1': (v) => hasAny(v, 'participantType', 'actor'),
  'sev-1': (v) => !has(v, 'name') || !has(v, 'query'),
  'bdl-1': (v) => !has(v, 'total') || among(v.type, 'searchset', 'history'),
  'bdl-2': (v) => v.type === 'searchset' || !list(v.entry).some((entry) => has(entry, 'search')),
  'bdl-3': (v) => {
    const due = among(v.type, 'batch', 'transaction', 'history');
    return list(v.entry).every((entry) => has(entry, 'request') === due);
  },
  'bdl-4': (v) => {
    const due = among(v.type, 'batch-response', 'transaction-response', 'history');
    return list(v.entry).every((entry) => has(entry, 'response') === due);
  },
  'bdl-5': (v) => hasAny(v, 'resource', 'request', 'response'),
  'bdl-7': (v) =>
    v.type === 'history' ||
    isDistinct(
      list(v.entry)
        .filter((entry) => has(entry, 'fullUrl'))
        .map(({ fullUrl, resource }) => {
          const version = isObject(resource) && isObject(resource.meta) ? resource.meta.versionId : undefined;
          return `${String(fullUrl)} ${typeof version === 'string' ? version : ''}`;
        }),
    ),
  'bdl-8': (v) => typeof v.fullUrl !== 'string' || !v.fullUrl.includes('/_history/'),
  'bdl-9': (v) =>
    v.type !== 'document' || (isObject(v.identifier) && has(v.identifier, 'system') && has(v.identifier, 'value')),
  'bdl-10': (v) => v.type !== 'document' || v.timestamp !== undefined,
  'bdl-11': (v) => v.type !== 'document' || firstResource(v) === 'Composition',
  'bdl-12': (v) => v.type !== 'message' || firstResource(v) === 'MessageHeader',
  'cpb-1': (v) => hasAny(v, 'rest', 'messaging', 'document'),
  'cpb-2': (v) => hasAny(v, 'description', 'software', 'implementation'),
  'cpb-3': (v) => v.kind === 'instance' || !list(v.messaging).some((messaging) => has(messaging, 'endpoint')),
  'cpb-7': (v) => isDistinct(list(v.document).map(({ profile, mode }) => `${String(profile)} ${String(mode)}`)),
  'cpb-9': (v) => isDistinct(list(v.resource).map(({ type }) => type)),
  'cpb-12': (v) => isDistinct(list(v.searchParam).map(({ name }) => name)),
  'cpb-14': (v) => v.kind !== 'instance' || has(v, 'implementation'),
  'cpb-15': (v) => v.kind !== 'capability' || (!has(v, 'implementation') && has(v, 'software')),
  'cpb-16': (v) => v.kind !== 'requirements' || !hasAny(v, 'implementation', 'software'),
  'cpl-3': (v) => !has(v, 'detail') || !has(v, 'reference'),
  'csd-1': (v) => isDistinct(conceptCodes(v)),
  'ctm-1': ({ onBehalfOf, member }) => {
    if (onBehalfOf === undefined || !isObject(member)) return true;
    const named = member.type ?? TEAM_MEMBER.exec(String(member.reference))?.[1];
    return named === undefined || named === 'Practitioner';
  },
  'cmp-1': (v) => hasAny(v, 'text', 'entry', 'section'),
  'cmp-2': (v) => !has(v, 'emptyReason') || !has(v, 'entry'),
  'cmd-1': (v) => has(v, 'comment') || !among(v.equivalence, 'narrower', 'inexact'),
  'cmd-2': (v) => v.mode !== 'fixed' || has(v, 'code'),
  'cmd-3': (v) => v.mode !== 'other-map' || has(v, 'url'),
  'con-1': (v) => hasAny(v, 'summary', 'assessment'),
  'con-2': (v) => hasAny(v, 'code', 'detail'),
  'con-3': (v) =>
    has(v, 'clinicalStatus') ||
    hasCoding(v.verificationStatus, CONDITION_STATUS, 'entered-in-error') ||
    !list(v.category).some((category) => hasCoding(category, CONDITION_CATEGORY, 'problem-list-item')),
  'con-4': (v) =>
    !hasChoice(v, 'abatement') ||
    hasCoding(
      v.clinicalStatus,
      'http://terminology.hl7.org/CodeSystem/condition-clinical',
      'resolved',
      'remission',
      'inactive',
    ),
  'con-5': (v) => !hasCoding(v.verificationStatus, CONDITION_STATUS, 'entered-in-error') || !has(v, 'clinicalStatus'),
  'ppc-1': (v) => hasAny(v, 'policy', 'policyRule'),
  'ppc-2': NEVER_BROKEN,
  'ppc-3': NEVER_BROKEN,
  'ppc-4': NEVER_BROKEN,
  'ppc-5': NEVER_BROKEN,
  'ces-1': (v) => has(v, 'category') !== has(v, 'productOrService'),
  'fhs-1': (v) => !hasChoice(v, 'age') || !hasChoice(v, 'born'),
  'fhs-2': (v) => hasChoice(v, 'age') || !has(v, 'estimatedAge'),
  'gol-1': (v) => !hasChoice(v, 'detail') || has(v, 'measure'),
  'grp-1': (v) => !has(v, 'member') || v.actual === true,
  'ig-1': (v) => {
    const groups = new Set(list(v.grouping).map(({ id }) => id));
    return list(v.resource).every(({ groupingId }) => groupingId === undefined || groups.has(groupingId));
  },
  'ig-2': (v) => {
    const versions = Array.isArray(v.fhirVersion) ? v.fhirVersion : [];
    const resources = isObject(v.definition) ? list(v.definition.resource) : [];
    return resources.every(
      ({ fhirVersion }) => !Array.isArray(fhirVersion) || fhirVersion.every((version) => versions.includes(version)),
    );
  },
  'imm-1': (v) => hasAny(v, 'documentType', 'reference'),
  'imr-1': (v) => hasAny(v, 'vaccineCode', 'targetDisease'),
  'ipn-1': (v) => hasAny(v, 'identifier', 'name'),
  'lnk-1': (v) => list(v.item).length > 1,
  'lst-1': (v) => !has(v, 'emptyReason') || !has(v, 'entry'),
  'lst-2': (v) => v.mode === 'changes' || !list(v.entry).some((entry) => has(entry, 'deleted')),
  'lst-3': (v) => v.mode === 'working' || !list(v.entry).some((entry) => has(entry, 'date')),
  'mrp-1': (v) => v.type !== 'data-collection' || !has(v, 'group'),
  'mrp-2': (v) =>
    list(v.group)
      .flatMap(({ stratifier }) => list(stratifier))
      .flatMap(({ stratum }) => list(stratum))
      .every((stratum) => has(stratum, 'value') !== has(stratum, 'component')),
  'mea-1': (v) =>
    list(v.group)
      .flatMap(({ stratifier }) => list(stratifier))
      .every((stratifier) => hasAny(stratifier, 'code', 'description', 'criteria') !== has(stratifier, 'component')),
  'mad-1': (v) => has(v, 'dose') || hasChoice(v, 'rate'),
  'mdd-1': (v) => isInOrder(v.whenPrepared, v.whenHandedOver),
  'md-1': (v) => v.max === '*' || Number(v.max) > 0,
  'msq-3': (v) => among(String(v.coordinateSystem), '0', '1'),
  'msq-5': (v) => has(v, 'chromosome') === has(v, 'genomeBuild'),
  'msq-6': (v) =>
    ['genomeBuild', 'referenceSeqId', 'referenceSeqPointer', 'referenceSeqString'].filter((name) => has(v, name))
      .length === 1,
  'nor-1': (v) => hasAny(v, 'oralDiet', 'supplement', 'enteralFormula'),
  'nsd-1': (v) => v.kind !== 'root' || list(v.uniqueId).every(({ type }) => type !== 'uuid'),
  'nsd-2': (v) =>
    isDistinct(
      list(v.uniqueId)
        .filter(({ preferred }) => preferred === true)
        .map(({ type }) => type),
    ),
  'obs-3': (v) => hasAny(v, 'low', 'high', 'text'),
  'obs-6': (v) => !has(v, 'dataAbsentReason') || !hasChoice(v, 'value'),
  'obs-7': (v) => {
    if (!hasChoice(v, 'value') || !isObject(v.code)) return true;
    // Codings intersect when they are equal whole, display included.
    const own = new Set(list(v.code.coding).map((coding) => JSON.stringify(Object.entries(coding).sort())));
    return !list(v.component).some(
      ({ code }) =>
        isObject(code) && list(code.coding).some((coding) => own.has(JSON.stringify(Object.entries(coding).sort()))),
    );
  },
  'opd-1': (v) => hasAny(v, 'type', 'part'),
  'opd-2': (v) => !has(v, 'searchType') || v.type === 'string',
  'opd-3': (v) => !has(v, 'targetProfile') || among(v.type, 'Reference', 'canonical'),
  'org-1': (v) => hasAny(v, 'identifier', 'name'),
  'org-2': NO_HOME,
  'org-3': NO_HOME,
  'Parameters.parameter|inv-1': (v) => {
    const value = hasChoice(v, 'value');
    return has(v, 'part') ? !value && !has(v, 'resource') : value !== has(v, 'resource');
  },
  'pat-1': (v) => hasAny(v, 'name', 'telecom', 'address', 'organization'),
  'que-1': (v) => (v.type !== 'group' || has(v, 'item')) && (v.type !== 'display' || !has(v, 'item')),
  'que-2': (v) => isDistinct(linkIds(v)),
  'que-3': (v) => v.type !== 'display' || !has(v, 'code'),
  'que-4': (v) => !has(v, 'answerOption') || !has(v, 'answerValueSet'),
  'que-5': (v) =>
    among(v.type, 'choice', 'open-choice', 'decimal', 'integer', 'date', 'dateTime', 'time', 'string', 'quantity') ||
    !hasAny(v, 'answerValueSet', 'answerOption'),
  'que-6': (v) => v.type !== 'display' || !hasAny(v, 'required', 'repeats'),
  'que-7': (v) => v.operator !== 'exists' || v.answerBoolean !== undefined,
  'que-8': (v) => !among(v.type, 'group', 'display') || !has(v, 'initial'),
  'que-9': (v) => v.type !== 'display' || !has(v, 'readOnly'),
  'que-10': (v) =>
    !has(v, 'maxLength') || among(v.type, 'boolean', 'decimal', 'integer', 'string', 'text', 'url', 'open-choice'),
  'que-11': (v) => !has(v, 'answerOption') || !has(v, 'initial'),
  'que-12': (v) => list(v.enableWhen).length <= 2 || has(v, 'enableBehavior'),
  'que-13': (v) => v.repeats === true || list(v.initial).length <= 1,
  'qrs-1': (v) => !has(v, 'answer') || !has(v, 'item'),
  'rqg-1': (v) => has(v, 'resource') !== has(v, 'action'),
  'ras-1': (v) => isPercent(v.low) && isPercent(v.high),
  'ras-2': (v) => typeof v.probabilityDecimal !== 'number' || v.probabilityDecimal <= 100,
  'spd-1': (v) => !has(v, 'xpath') || has(v, 'xpathUsage'),
  'spd-2': (v) => !has(v, 'chain') || v.type === 'reference',
  'prr-1': (v) => !has(v, 'orderDetail') || has(v, 'code'),
  'smp-1': (v) => !has(v, 'element') || has(v, 'context'),
  'smp-2': (v) => !has(v, 'context') || has(v, 'contextType'),
  'Task|inv-1': (v) => isInOrder(v.authoredOn, v.lastModified),
  'tcp-1': (v) => list(v.version).length < 2 || list(v.version).every((version) => has(version, 'code')),
  'tcp-2': (v) => hasAny(v, 'description', 'software', 'implementation'),
  'tcp-3': (v) => v.kind !== 'instance' || has(v, 'implementation'),
  'tcp-4': (v) => v.kind !== 'capability' || (!has(v, 'implementation') && has(v, 'software')),
  'tcp-5': (v) => v.kind !== 'requirements' || !hasAny(v, 'implementation', 'software'),
  'TestReport.setup.action|inv-1': ONE_OPERATION,
  'TestReport.test.action|inv-2': ONE_OPERATION,
  'tst-1': ONE_OPERATION,
  'tst-2': ONE_OPERATION,
  'tst-3': (v) => !(has(v, 'expression') && has(v, 'headerField') && has(v, 'path')),
  'vsd-1': (v) => hasAny(v, 'valueSet', 'system'),
  'vsd-2': (v) => !hasAny(v, 'concept', 'filter') || has(v, 'system'),
  'vsd-3': (v) => !has(v, 'concept') || !has(v, 'filter'),
  'vsd-6': (v) => hasAny(v, 'code', 'display'),
  'vsd-9': (v) => has(v, 'code') || v.abstract === true,
  'vsd-10': (v) => !has(v, 'code') || has(v, 'system'),
};

function firstResource(bundle: Json): unknown {
  const resource = list(bundle.entry)[0]?.resource;
  return isObject(resource) ? resource.resourceType : undefined;
}
