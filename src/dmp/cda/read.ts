/**
 * A CDA taken as it is: its header read for the metadata, and checked for what the DMP refuses.
 * https://esante.gouv.fr/offres-services/ci-sis/espace-publication (Structuration minimale)
 */

import { PROFESSIONAL_ID, STRUCTURE_ID } from '../codes/systems.js';
import { type Code, type CodeTable, type CodeTables, codeTables } from '../codes/tables.js';
import type { DocumentHeader, Id, Organisation, PersonName, Professional, Subject } from '../document.js';
import { type Fault, Faults } from '../faults.js';
import type { SenderRules } from '../from-fhir/rules.js';
import { isIns, isInsDomain, isOid, isProfessionalId, isStructureId } from '../identifiers.js';
import { type Moment, momentOfHl7 } from '../times.js';
import { type Element, readXml, UnreadableXml } from '../xml/read.js';
import { formatOfCda } from './formats.js';

const CDA = 'urn:hl7-org:v3';

/** What is not in a CDA: who may see it, and words about it, come from the resource that brings it. */
export interface BesideCda {
  readonly visibility: readonly Code[];
  readonly events: readonly Code[];
  readonly comments?: string;
}
export interface ReadCda {
  readonly header?: DocumentHeader;
  readonly faults: readonly Fault[];
}

/** `header` is there exactly when `faults` is empty. `bytes` are UTF-8; nothing of them is in a fault but codes. */
export function readCda(
  bytes: Uint8Array,
  beside: BesideCda,
  rules: SenderRules,
  tables: CodeTables = codeTables(),
): ReadCda {
  const faults = new Faults();
  const root = parsed(bytes, faults);
  if (root === undefined) return { faults: faults.all };
  const header = new CdaReader(root, rules, tables, faults).header(beside);
  return faults.all.length > 0 || header === undefined ? { faults: faults.all } : { header, faults: [] };
}

function parsed(bytes: Uint8Array, faults: Faults): Element | undefined {
  const unreadable = (en: string, fr: string) => faults.add('dmp-cda', 'ClinicalDocument', { reason: { en, fr } });
  let text: string;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return unreadable('it is not in UTF-8', 'il n’est pas en UTF-8');
  }
  try {
    const root = readXml(text);
    if (root.name === 'ClinicalDocument' && root.space === CDA) return root;
    return unreadable('its root is not ClinicalDocument', 'sa racine n’est pas ClinicalDocument');
  } catch (error) {
    if (!(error instanceof UnreadableXml)) throw error;
    const { line, column } = error;
    return unreadable(`line ${line}, column ${column}`, `ligne ${line}, colonne ${column}`);
  }
}

class CdaReader {
  constructor(
    private readonly root: Element,
    private readonly rules: SenderRules,
    private readonly tables: CodeTables,
    private readonly faults: Faults,
  ) {}

  header(beside: BesideCda): DocumentHeader | undefined {
    const { root, tables } = this;
    this.isFrench();
    const uniqueId = this.documentId();
    const type = this.code(root.child('code'), tables.type, 'code');
    const confidentiality = this.code(root.child('confidentialityCode'), tables.confidentiality, 'confidentialityCode');
    const title = root.child('title')?.text.trim() || this.lacks('title');
    if (title !== undefined && title.length > 128)
      this.faults.add('dmp-title', 'ClinicalDocument.title', { length: title.length });
    const creation = this.time(root.child('effectiveTime'), 'effectiveTime', true);
    const setId = this.id(root.child('setId')) ?? this.lacks('setId');
    const versionNumber = Number(root.child('versionNumber')?.attributes.value ?? Number.NaN);
    if (!Number.isInteger(versionNumber) || versionNumber < 1) this.lacks('versionNumber');
    const subject = this.subject();
    const authors = this.authors();
    const keeper = root.at('custodian', 'assignedCustodian', 'representedCustodianOrganization');
    const custodian = this.organisation(keeper, 'custodian');
    const legalAuthenticator = this.legalAuthenticator(custodian);
    const service = this.service();
    const practiceSetting = this.practiceSetting();
    const encounter = root.at('componentOf', 'encompassingEncounter');
    const place = encounter?.at('location', 'healthCareFacility', 'code');
    const facility = this.code(
      place,
      tables.facility,
      'componentOf.encompassingEncounter.location.healthCareFacility.code',
    );
    const category = type === undefined ? undefined : tables.classOf(type);
    if (type !== undefined && category === undefined) this.lacks('class');
    const language = root.child('languageCode')?.attributes.code;
    if (language !== 'fr-FR') this.differs('languageCode', language, 'fr-FR');
    if (this.faults.all.length > 0) return undefined;
    const format = formatOfCda(
      root.all('templateId').map((each) => each.attributes.root ?? ''),
      root.at('component', 'nonXMLBody', 'text')?.attributes.mediaType,
      tables,
    );
    const replaces = this.replaces();
    return {
      uniqueId: uniqueId as string,
      setId: setId as Id,
      versionNumber,
      ...(replaces === undefined ? {} : { replaces }),
      type: type as Code,
      class: category as Code,
      format,
      confidentiality: confidentiality as Code,
      visibility: beside.visibility,
      facility: facility as Code,
      practiceSetting: practiceSetting as Code,
      events: beside.events,
      title: title as string,
      ...(beside.comments === undefined ? {} : { comments: beside.comments }),
      language: 'fr-FR',
      creation: creation as Moment,
      service: service as DocumentHeader['service'],
      encounter: this.stay(encounter),
      subject: subject as Subject,
      authors,
      custodian: custodian as Organisation,
      legalAuthenticator: legalAuthenticator as DocumentHeader['legalAuthenticator'],
      referenceIds: [],
    };
  }

  private lacks(path: string): undefined {
    return this.faults.add('dmp-cda-missing', `ClinicalDocument.${path}`, { path });
  }
  private differs(path: string, found: string | undefined, expected: string): undefined {
    return this.faults.add('dmp-cda-value', `ClinicalDocument.${path}`, { path, found: found ?? '', expected });
  }

  private isFrench(): void {
    const realm = this.root.child('realmCode')?.attributes.code;
    if (realm !== 'FR') this.differs('realmCode', realm, 'FR');
    const templates = this.root.all('templateId').map((each) => each.attributes.root);
    for (const needed of ['2.16.840.1.113883.2.8.2.1', '1.2.250.1.213.1.1.1.1'])
      if (!templates.includes(needed)) this.lacks(`templateId ${needed}`);
    if (this.root.child('component') === undefined) this.lacks('component');
  }

  private documentId(): string | undefined {
    const id = this.root.child('id');
    const root = id?.attributes.root;
    if (root === undefined || !isOid(root)) return this.faults.add('dmp-unique-id', 'ClinicalDocument.id');
    if (id?.attributes.extension !== undefined) return this.differs('id.extension', '…', '—');
    return root;
  }

  private id(element: Element | undefined): Id | undefined {
    const root = element?.attributes.root;
    return root === undefined ? undefined : { root, extension: element?.attributes.extension ?? '' };
  }

  private code(element: Element | undefined, table: CodeTable, path: string): Code | undefined {
    if (element === undefined) return this.lacks(path);
    const { code, codeSystem } = element.attributes;
    const found = table.find(codeSystem, code);
    return found ?? this.faults.add('dmp-code', `ClinicalDocument.${path}`, { code: code ?? '', set: table.name });
  }

  private time(element: Element | undefined, path: string, toTheSecond = false): Moment | undefined {
    if (element === undefined) return this.lacks(path);
    const { value } = element.attributes;
    const found = momentOfHl7(value, this.rules.zone);
    const isExact = !toTheSecond || /^\d{14}/.test(value ?? '');
    return found !== undefined && isExact ? found : this.faults.add('dmp-time', `ClinicalDocument.${path}`);
  }

  private subject(): Subject | undefined {
    const role = this.root.at('recordTarget', 'patientRole');
    const patient = role?.child('patient');
    if (role === undefined || patient === undefined) return this.lacks('recordTarget.patientRole.patient');
    const path = 'recordTarget.patientRole';
    const ids = role.all('id').map((each) => this.id(each));
    const ins = ids.find((each) => isInsDomain(each?.root ?? ''));
    if (ins === undefined) this.lacks(`${path}.id (INS)`);
    else if (!isIns(ins.extension)) this.faults.add('dmp-ins', `ClinicalDocument.${path}.id`);
    else if (!this.rules.insDomains.includes(ins.root)) {
      const valid = this.rules.insDomains.join(', ');
      this.faults.add('dmp-ins-domain', `ClinicalDocument.${path}.id`, { oid: ins.root, valid });
    }
    const local = ids.find((each) => each !== undefined && each !== ins && each.extension !== '');
    if (local === undefined) this.lacks(`${path}.id (IPP)`);
    const name = patient.child('name');
    const part = (kind: string, qualifier?: string) =>
      name
        ?.all(kind)
        .find((each) => each.attributes.qualifier === qualifier)
        ?.text.trim() || undefined;
    const birthFamily = part('family', 'BR') ?? this.lacks(`${path}.patient.name.family (BR)`);
    const birthGiven = part('given', 'BR') ?? part('given') ?? this.lacks(`${path}.patient.name.given (BR)`);
    const birthDate = patient.child('birthTime')?.attributes.value?.slice(0, 8);
    if (birthDate === undefined) this.lacks(`${path}.patient.birthTime`);
    const place = patient.at('birthplace', 'place', 'addr');
    const birthPlace =
      place?.child('county')?.text.trim() || this.lacks(`${path}.patient.birthplace.place.addr.county`);
    if (!ins || !local || !birthFamily || !birthGiven || !birthDate || !birthPlace) return undefined;
    const gender = patient.child('administrativeGenderCode')?.attributes.code;
    const usedFamily = part('family', 'CL');
    const usedGiven = part('given', 'CL');
    return {
      ins,
      local,
      birthFamily,
      birthGiven,
      birthGivens: part('given') ?? birthGiven,
      ...(usedFamily === undefined ? {} : { usedFamily }),
      ...(usedGiven === undefined ? {} : { usedGiven }),
      gender: gender === 'F' || gender === 'M' ? gender : 'U',
      birthDate,
      birthPlace,
      addresses: [],
      telecoms: [],
    };
  }

  private name(element: Element | undefined): PersonName | undefined {
    const part = (kind: string) => element?.child(kind)?.text.trim() || undefined;
    const family = part('family');
    if (family === undefined) return undefined;
    const given = part('given');
    return { family, ...(given === undefined ? {} : { given }) };
  }

  private organisation(element: Element | undefined, path: string): Organisation | undefined {
    if (element === undefined) return this.lacks(path);
    const id = element.all('id').find((each) => each.attributes.root === STRUCTURE_ID)?.attributes.extension;
    if (id === undefined) return this.lacks(`${path}.id (${STRUCTURE_ID})`);
    if (!isStructureId(id)) return this.differs(`${path}.id`, id, '1 + FINESS');
    const name = element.child('name')?.text.trim() || this.lacks(`${path}.name`);
    return name === undefined ? undefined : { id, name, telecoms: [] };
  }

  private professional(element: Element | undefined, path: string): Professional | undefined {
    const id = element?.all('id').find((each) => each.attributes.root === PROFESSIONAL_ID)?.attributes.extension;
    if (id === undefined) return this.lacks(`${path}.id (${PROFESSIONAL_ID})`);
    if (!isProfessionalId(id)) return this.differs(`${path}.id`, '…', '8 + RPPS');
    const name = this.name(element?.at('assignedPerson', 'name'));
    if (name === undefined) return this.lacks(`${path}.assignedPerson.name.family`);
    const coded = element?.child('code');
    const specialty = coded === undefined ? undefined : this.code(coded, this.tables.specialty, `${path}.code`);
    const at = element?.child('representedOrganization');
    const organisation = at === undefined ? undefined : this.organisation(at, `${path}.representedOrganization`);
    return {
      id,
      name,
      ...(specialty === undefined ? {} : { specialty }),
      telecoms: [],
      ...(organisation === undefined ? {} : { organisation }),
    };
  }

  private authors(): DocumentHeader['authors'] {
    const all = this.root.all('author');
    if (all.length === 0) this.lacks('author');
    return all.flatMap((each, i) => {
      const path = `author[${i}]`;
      const time = this.time(each.child('time'), `${path}.time`);
      const person = this.professional(each.child('assignedAuthor'), `${path}.assignedAuthor`);
      if (person !== undefined && person.specialty === undefined && each.at('assignedAuthor', 'code') === undefined)
        this.lacks(`${path}.assignedAuthor.code`);
      return person === undefined || time === undefined ? [] : [{ ...person, time }];
    });
  }

  private legalAuthenticator(custodian: Organisation | undefined): DocumentHeader['legalAuthenticator'] | undefined {
    const element = this.root.child('legalAuthenticator');
    if (element === undefined) return this.lacks('legalAuthenticator');
    const signature = element.child('signatureCode')?.attributes.code;
    if (signature !== 'S') this.differs('legalAuthenticator.signatureCode', signature, 'S');
    const time = this.time(element.child('time'), 'legalAuthenticator.time');
    const person = this.professional(element.child('assignedEntity'), 'legalAuthenticator.assignedEntity');
    if (person === undefined || time === undefined) return undefined;
    return { ...person, ...(custodian === undefined ? {} : { organisation: person.organisation ?? custodian }), time };
  }

  /** The act that has a performer with a setting stands before others. */
  private mainAct(): Element | undefined {
    const acts = this.root.all('documentationOf').flatMap((each) => each.child('serviceEvent') ?? []);
    const path = ['performer', 'assignedEntity', 'representedOrganization', 'standardIndustryClassCode'];
    return acts.find((act) => act.at(...path) !== undefined) ?? acts[0];
  }

  private service(): DocumentHeader['service'] | undefined {
    const period = this.mainAct()?.child('effectiveTime');
    const start = this.time(period?.child('low'), 'documentationOf.serviceEvent.effectiveTime.low');
    const stop = momentOfHl7(period?.child('high')?.attributes.value, this.rules.zone);
    return start === undefined ? undefined : { start, ...(stop === undefined ? {} : { stop }) };
  }

  private practiceSetting(): Code | undefined {
    const path = ['performer', 'assignedEntity', 'representedOrganization', 'standardIndustryClassCode'];
    const name = `documentationOf.serviceEvent.${path.join('.')}`;
    return this.code(this.mainAct()?.at(...path), this.tables.practiceSetting, name);
  }

  private stay(encounter: Element | undefined): DocumentHeader['encounter'] {
    const period = encounter?.child('effectiveTime');
    const start = momentOfHl7(period?.child('low')?.attributes.value, this.rules.zone);
    const stop = momentOfHl7(period?.child('high')?.attributes.value, this.rules.zone);
    const id = this.id(encounter?.child('id'));
    return {
      ...(id === undefined ? {} : { id }),
      ...(start === undefined ? {} : { start }),
      ...(stop === undefined ? {} : { stop }),
    };
  }

  private replaces(): DocumentHeader['replaces'] | undefined {
    const related = this.root.all('relatedDocument').find((each) => each.attributes.typeCode === 'RPLC');
    const parent = related?.child('parentDocument');
    const uniqueId = parent?.child('id')?.attributes.root;
    if (uniqueId === undefined) return undefined;
    const setId = this.id(parent?.child('setId'));
    const versionNumber = Number(parent?.child('versionNumber')?.attributes.value ?? Number.NaN);
    return {
      uniqueId,
      ...(setId === undefined ? {} : { setId }),
      ...(Number.isInteger(versionNumber) ? { versionNumber } : {}),
    };
  }
}
