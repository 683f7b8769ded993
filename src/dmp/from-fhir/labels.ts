/**
 * The codes of a DocumentReference that the DMP checks against its own value sets, which are smaller than those of the
 * French guides. https://ansforge.github.io/IG-fhir-partage-de-documents-de-sante
 */
import type { CodeableConcept, Coding, DocumentReference } from '@medplum/fhirtypes';
import { CONFIDENTIALITY, oidOfSystem, VISIBILITY } from '../codes/systems.js';
import type { Code, CodeTable, CodeTables } from '../codes/tables.js';
import type { Faults } from '../faults.js';
import type { SenderRules } from './rules.js';

/** The first coding that the table has; a fault when there are codings and it has none of them. */
function coded(
  concept: CodeableConcept | undefined,
  table: CodeTable,
  expression: string,
  faults: Faults,
): Code | undefined {
  const all = concept?.coding ?? [];
  for (const { system, code } of all) {
    const found = table.find(oidOfSystem(system), code);
    if (found !== undefined) return found;
  }
  return all[0] === undefined
    ? undefined
    : faults.add('dmp-code', expression, { code: all[0].code ?? '', set: table.name });
}

export interface Kind {
  readonly type: Code;
  readonly class: Code;
}

/** Type and class; the class that a type has is known, and one that is stated has to be it. */
export function kindOf(document: DocumentReference, tables: CodeTables, faults: Faults): Kind | undefined {
  if (document.type?.coding === undefined)
    return faults.missing('DocumentReference.type', 'the type of the document', 'le type du document');
  const type = coded(document.type, tables.type, 'DocumentReference.type', faults);
  const stated = document.category?.[0];
  const classed = coded(stated, tables.class, 'DocumentReference.category', faults);
  if (type === undefined) return undefined;
  const own = tables.classOf(type);
  if (own !== undefined && classed !== undefined && own.code !== classed.code)
    return faults.add('dmp-class', 'DocumentReference.category', {
      type: type.code,
      class: own.code,
      code: classed.code,
    });
  const found = own ?? classed;
  if (found === undefined)
    return faults.missing('DocumentReference.category', 'the class of the document', 'la classe du document');
  return { type, class: found };
}

export interface Visibility {
  readonly confidentiality: Code;
  readonly visibility: readonly Code[];
}

/** Who may see the document: stated at each sending (EX_2.1-1050), for an automate cannot mend it afterwards. */
export function visibilityOf(
  labels: readonly CodeableConcept[] | undefined,
  tables: CodeTables,
  rules: SenderRules,
  faults: Faults,
): Visibility | undefined {
  const here = 'DocumentReference.securityLabel';
  const all: Coding[] = (labels ?? []).flatMap(({ coding }) => coding ?? []);
  if (all.length === 0) return faults.add('dmp-visibility', here);
  const found: Code[] = [];
  for (const { system, code = '' } of all) {
    const one = tables.confidentiality.find(oidOfSystem(system), code);
    if (one === undefined) faults.add('dmp-code', here, { code, set: tables.confidentiality.name });
    else if (!found.includes(one)) found.push(one);
  }
  const visibility = found.filter(({ system }) => system === VISIBILITY);
  const hides = (code: string): boolean => visibility.some((one) => one.code === code);
  if (hides('MASQUE_PS') && hides('INVISIBLE_PATIENT') && !rules.allowHiddenFromAll)
    return faults.add('dmp-hidden-from-all', here);
  const level = found.find(({ system }) => system === CONFIDENTIALITY);
  const confidentiality = level ?? tables.confidentiality.find(CONFIDENTIALITY, 'N');
  return confidentiality === undefined ? undefined : { confidentiality, visibility };
}

export interface Setting {
  readonly facility: Code;
  readonly practiceSetting: Code;
  readonly events: readonly Code[];
}

/** Where the document was made; what the document does not say is that of the establishment. */
export function settingOf(
  document: DocumentReference,
  tables: CodeTables,
  rules: SenderRules,
  faults: Faults,
): Setting | undefined {
  const { facilityType, practiceSetting } = document.context ?? {};
  const facility =
    facilityType === undefined
      ? tables.facility.byCode(rules.facility)
      : coded(facilityType, tables.facility, 'DocumentReference.context.facilityType', faults);
  // ESSMS is of the CI-SIS set, and the DMP refuses it: establishments of this kind send ETABLISSEMENT.
  const isSocial = practiceSetting?.coding?.some(({ code }) => code === 'ESSMS') ?? false;
  const practice =
    practiceSetting === undefined || isSocial
      ? tables.practiceSetting.byCode(isSocial ? 'ETABLISSEMENT' : rules.practiceSetting)
      : coded(practiceSetting, tables.practiceSetting, 'DocumentReference.context.practiceSetting', faults);
  return facility === undefined || practice === undefined
    ? undefined
    : { facility, practiceSetting: practice, events: eventsOf(document) };
}

/** Acts and the like; what has no OID cannot be said in XDS. */
export function eventsOf({ context }: DocumentReference): Code[] {
  return (context?.event ?? []).flatMap(({ coding = [], text }): Code[] => {
    const [first] = coding;
    const system = oidOfSystem(first?.system);
    if (system === undefined || first?.code === undefined) return [];
    return [{ code: first.code, system, display: first.display ?? text ?? first.code }];
  });
}
