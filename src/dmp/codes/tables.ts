/**
 * The value sets against which the DMP checks metadata, by OID of the code system. They are data, each with its version:
 * the resources of profiles/dmp. https://esante.gouv.fr/produits-services/nos
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { ConceptMap, ValueSet } from '@medplum/fhirtypes';
import { oidOfSystem } from './systems.js';

/** A code as CDA and XDS say it: `system` is an OID. */
export interface Code {
  readonly code: string;
  readonly system: string;
  readonly display: string;
}

/** The codes of a value set. */
export class CodeTable {
  readonly #codes = new Map<string, Code>();

  /** `name` and `version` are for messages. Throws an Error for a system without OID: the data are ours. */
  constructor(private readonly set: ValueSet) {
    for (const { system, concept } of set.compose?.include ?? []) {
      const oid = oidOfSystem(system);
      if (oid === undefined) throw new Error(`${set.id}: no OID for ${system}`);
      for (const { code, display } of concept ?? [])
        this.#codes.set(`${oid}|${code}`, { code, system: oid, display: display ?? code });
    }
  }

  /** `JDV_J66_TypeCode_DMP`. */
  get name(): string {
    return this.set.name ?? this.set.id ?? '';
  }

  /** The code with the French display of the table; `undefined` for one that is not in the set. */
  find(system: string | undefined, code: string | undefined): Code | undefined {
    return system === undefined || code === undefined ? undefined : this.#codes.get(`${system}|${code}`);
  }

  /** As `find`, of whatever system: for settings that say a code alone. */
  byCode(code: string): Code | undefined {
    for (const each of this.#codes.values()) if (each.code === code) return each;
    return undefined;
  }

  /** All codes, in the order of the table. */
  values(): IterableIterator<Code> {
    return this.#codes.values();
  }
}

export interface CodeTables {
  /** JDV_J66: LOINC and TRE_A05. */
  readonly type: CodeTable;
  /** JDV_J57. */
  readonly class: CodeTable;
  /** JDV_J60. */
  readonly format: CodeTable;
  /** JDV_J58, the codes of J08: N, R, V and the three visibilities. */
  readonly confidentiality: CodeTable;
  /** JDV_J61. */
  readonly facility: CodeTable;
  /** JDV_J62: smaller than the CI-SIS set J04, which has ESSMS too. */
  readonly practiceSetting: CodeTable;
  /** JDV_J59, of the submission set. */
  readonly contentType: CodeTable;
  /** JDV_J01: professions with their know-how, as `G15_10/SM26`. */
  readonly specialty: CodeTable;
  /** The class that goes with a type (ASS_X16); `undefined` for a type that has none. */
  classOf(type: Code): Code | undefined;
}

const FOLDER = fileURLToPath(new URL('../../../profiles/dmp/', import.meta.url));
let loaded: CodeTables | undefined;

/** The tables of profiles/dmp, read at first use (a few milliseconds) and kept. */
export function codeTables(): CodeTables {
  loaded ??= read();
  return loaded;
}

function read(): CodeTables {
  const json = <T>(name: string): T => JSON.parse(readFileSync(join(FOLDER, `${name}.json`), 'utf8')) as T;
  const table = (name: string): CodeTable => new CodeTable(json<ValueSet>(`ValueSet-${name}`));
  const classes = table('JDV-J57-ClassCode-DMP');
  const classOf = new Map<string, Code>();
  for (const group of json<ConceptMap>('ConceptMap-ASS-X16-TypeCode-ClassCode').group ?? []) {
    for (const { code, target } of group.element ?? []) {
      const found = classes.find(oidOfSystem(group.target), target?.[0]?.code);
      if (found !== undefined) classOf.set(`${oidOfSystem(group.source)}|${code}`, found);
    }
  }
  return {
    type: table('JDV-J66-TypeCode-DMP'),
    class: classes,
    format: table('JDV-J60-FormatCode-DMP'),
    confidentiality: table('JDV-J08-XdsConfidentialityCode-CISIS'),
    facility: table('JDV-J61-HealthcareFacilityTypeCode-DMP'),
    practiceSetting: table('JDV-J62-PracticeSettingCode-DMP'),
    contentType: table('JDV-J59-ContentTypeCode-DMP'),
    specialty: table('JDV-J01-XdsAuthorSpecialty-CISIS'),
    classOf: (type) => classOf.get(`${type.system}|${type.code}`),
  };
}
