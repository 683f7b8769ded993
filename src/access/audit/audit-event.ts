/**
 * A line of the trail as an AuditEvent, in the shape of IHE's Basic Audit Log Patterns.
 * https://profiles.ihe.net/ITI/BALP/content.html, https://hl7.org/fhir/R4/auditevent.html
 */
import type { AuditEvent, AuditEventAgent, AuditEventEntity } from '@medplum/fhirtypes';
import type { Line } from './line.js';

const EVENT_TYPE = 'http://terminology.hl7.org/CodeSystem/audit-event-type';
const RESTFUL = 'http://hl7.org/fhir/restful-interaction';
const DCM = 'http://dicom.nema.org/resources/ontology/DCM';
const PARTICIPATION = 'http://terminology.hl7.org/CodeSystem/v3-ParticipationType';
const ENTITY_TYPE = 'http://terminology.hl7.org/CodeSystem/audit-entity-type';
const ENTITY_ROLE = 'http://terminology.hl7.org/CodeSystem/object-role';
const BALP = 'https://profiles.ihe.net/ITI/BALP';
const PURPOSE = 'http://terminology.hl7.org/CodeSystem/v3-ActReason';

type Action = 'C' | 'R' | 'U' | 'D' | 'E';
const ACTIONS: Readonly<Record<string, Action>> = {
  read: 'R',
  vread: 'R',
  'history-instance': 'R',
  'history-type': 'R',
  'history-system': 'R',
  capabilities: 'R',
  create: 'C',
  update: 'U',
  patch: 'U',
  delete: 'D',
};

/** BALP's profile of what was done; with a patient its Patient form. Others are AuditEvents of no profile. */
const PROFILES: Readonly<Record<string, string>> = {
  read: 'Read',
  vread: 'Read',
  'search-type': 'Query',
  'search-system': 'Query',
  create: 'Create',
  update: 'Update',
  patch: 'Update',
  delete: 'Delete',
};

const coding = (system: string, code: string, display?: string) => ({
  system,
  code,
  ...(display !== undefined && { display }),
});
/** A Reference to the server itself, and to software, which have no resources. */
const named = (value: string) => ({ identifier: { value } });

/** `software` is the server's name. The id and the version are the store's concern. */
export function auditEventOf(line: Line, id: string, software: string): AuditEvent {
  const { do: done, status } = line;
  const isOperation = done.startsWith('$');
  const action = ACTIONS[done] ?? 'E';
  const patients = line.patients ?? [];
  const profile = PROFILES[done];
  const isFine = status < 400;
  const isRead = action === 'R' || done.startsWith('search');
  return {
    resourceType: 'AuditEvent',
    id,
    meta: {
      versionId: '1',
      lastUpdated: new Date(line.t).toISOString(),
      ...(profile !== undefined &&
        isFine && {
          profile: [`${BALP}/StructureDefinition/IHE.BasicAudit.${patients.length > 0 ? 'Patient' : ''}${profile}`],
        }),
    },
    type:
      line.do === 'access' ? coding(DCM, '110113', 'Security Alert') : coding(EVENT_TYPE, 'rest', 'RESTful Operation'),
    ...(line.do !== 'access' && { subtype: [coding(RESTFUL, isOperation ? 'operation' : done)] }),
    action,
    recorded: new Date(line.t).toISOString(),
    // https://hl7.org/fhir/R4/valueset-audit-event-outcome.html
    outcome: isFine ? '0' : status < 500 ? '4' : '8',
    outcomeDesc: `HTTP ${status}`,
    ...(line.glass !== undefined && {
      purposeOfEvent: [{ coding: [coding(PURPOSE, 'BTG', 'break the glass')], text: line.glass }],
    }),
    agent: agentsOf(line, isRead, software),
    source: {
      observer: named(software),
      type: [coding('http://terminology.hl7.org/CodeSystem/security-source-type', '4')],
    },
    entity: entitiesOf(line, isOperation),
  };
}

function agentsOf(line: Line, isRead: boolean, software: string): AuditEventAgent[] {
  const { who, client, user, from } = line;
  // Data go from the one to the other.
  const [toUs, fromUs] = [coding(DCM, '110152', 'Destination Role ID'), coding(DCM, '110153', 'Source Role ID')];
  const asker: AuditEventAgent = {
    type: { coding: [isRead ? toUs : fromUs] },
    who: named(client ?? 'unknown'),
    requestor: who === undefined,
    // https://hl7.org/fhir/R4/valueset-network-type.html
    network: { address: from, type: '2' },
  };
  const server: AuditEventAgent = {
    type: { coding: [isRead ? fromUs : toUs] },
    who: named(software),
    requestor: false,
  };
  if (who === undefined) return [asker, server];
  const person: AuditEventAgent = {
    type: { coding: [coding(PARTICIPATION, isRead ? 'IRCP' : 'AUT')] },
    who: { ...(user !== undefined && { reference: user }), ...named(who) },
    requestor: true,
    ...(line.roles !== undefined && { role: line.roles.map((text) => ({ text })) }),
    ...(line.structures !== undefined && { altId: `FINESS ${line.structures.join(' ')}` }),
  };
  return [person, asker, server];
}

function entitiesOf(
  { type, what, query, patients = [], more, request }: Line,
  isOperation: boolean,
): AuditEventEntity[] {
  const entities: AuditEventEntity[] = patients.map((id) => ({
    what: { reference: `Patient/${id}` },
    type: coding(ENTITY_TYPE, '1', 'Person'),
    role: coding(ENTITY_ROLE, '1', 'Patient'),
  }));
  if (more === true) {
    entities.push({
      description: 'There were more patients in it than are listed.',
      type: coding(ENTITY_TYPE, '1', 'Person'),
    });
  }
  if (what !== undefined) {
    entities.push({
      what: { reference: what },
      type: coding(ENTITY_TYPE, '2', 'System Object'),
      role: coding(ENTITY_ROLE, '4', 'Domain Resource'),
    });
  }
  if (query !== undefined || (what === undefined && type !== undefined)) {
    entities.push({
      type: coding(ENTITY_TYPE, '2', 'System Object'),
      role: isOperation ? coding(ENTITY_ROLE, '4', 'Domain Resource') : coding(ENTITY_ROLE, '24', 'Query'),
      // A name and a query exclude each other.
      ...(query !== undefined ? { query: Buffer.from(query).toString('base64') } : { name: type as string }),
    });
  }
  entities.push({
    what: named(request),
    type: coding(`${BALP}/CodeSystem/BasicAuditEntityType`, 'XrequestId'),
  });
  return entities;
}
