/**
 * The establishments that feed the DMP, with their certificates and their rules: a JSON file that the setting `DMP` names.
 * A certificate of a legal entity serves several geographic structures. Guide d'intégration du DMP, EX_GEN-1060, EX_GEN-1490
 *
 * No error here tells more than a place in the file, and what is wrong there: no secret, no passphrase, no key.
 */
import { readFileSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { Ajv } from 'ajv';
import type { Caller, ClientOptions } from './client.js';
import { type Code, codeTables } from './codes/tables.js';
import { ESTABLISHMENTS_SCHEMA } from './establishments-schema.js';
import { DEFAULT_RULES, type SenderRules } from './from-fhir/rules.js';
import { INS_DOMAINS, isProfessionalId } from './identifiers.js';
import { type Credential, type KeyFiles, readCredential, WrongKey } from './signature/keys.js';
import { AUTOMATE, DEFAULT_VIHF, type VihfProfile } from './signature/vihf.js';
import { Connection, DEFAULT_LIMITS, type Limits, WrongEndpoint } from './soap/http.js';

/** Which documents an establishment sends. */
export interface FeedingRule {
  /** Struct_IdNat of those whose documents it takes: custodians, or without one the organizations of authors. */
  readonly for: readonly string[];
  /** Codes of JDV_J66; `all` of them. */
  readonly types: 'all' | ReadonlySet<string>;
  readonly mode: 'automatic' | 'opt-in';
  /** Codes of types that a professional releases first; `all` of them. */
  readonly hold: 'none' | 'all' | ReadonlySet<string>;
  /** What becomes of a document that the DMP would refuse: it is stored and its job waits, or it is not taken (422). */
  readonly incomplete: 'keep' | 'refuse';
  /** Bytes of the attachment. */
  readonly maxBytes: number;
}
export interface Establishment {
  readonly id: string;
  /** Whose records it speaks for, with TENANTS=on: absent, those of any. */
  readonly tenant?: string;
  readonly name: string;
  /** Struct_IdNat. */
  readonly structure: string;
  readonly caller: Caller;
  readonly connection: Connection;
  readonly options: ClientOptions;
  /** OID of the sending system. */
  readonly sourceId: string;
  /** Of JDV_J59, of its submission sets. */
  readonly contentType: Code;
  readonly rules: SenderRules;
  readonly feed: FeedingRule;
}

/** What is wrong with the file, and where: fit for a terminal. */
export class WrongDmpFile extends Error {
  override name = 'WrongDmpFile';
}

type Secret = { readonly file: string } | { readonly environment: string };
interface KeysInFile {
  readonly certificate: string;
  readonly key?: string;
  readonly passphrase?: Secret;
}
interface EstablishmentInFile {
  readonly id: string;
  readonly tenant?: string;
  readonly name: string;
  readonly structure: string;
  readonly sector?: string;
  readonly responsible?: string;
  readonly certificates: string;
  readonly contentType?: string;
  readonly rules: Partial<Omit<SenderRules, 'insDomains'>> & {
    readonly localDomain: string;
    readonly ins?: 'test' | 'production';
  };
  readonly feed?: {
    readonly for?: readonly string[];
    readonly types?: readonly string[];
    readonly mode?: FeedingRule['mode'];
    readonly hold?: 'none' | 'professional' | readonly string[];
    readonly incomplete?: FeedingRule['incomplete'];
    readonly maxBytes?: number;
  };
}
interface DmpFile {
  readonly endpoint: string;
  readonly authorities?: string;
  readonly paths?: ClientOptions['paths'];
  readonly tls?: {
    readonly connectSeconds?: number;
    readonly answerSeconds?: number;
    readonly answerBytes?: number;
    readonly connections?: number;
    readonly maxVersion?: Limits['maxVersion'];
  };
  readonly devices: ClientOptions['devices'];
  readonly processing?: 'P' | 'D' | 'T';
  readonly software: {
    readonly id?: string;
    readonly name: string;
    readonly version: string;
    readonly homologation: Secret;
  };
  readonly vihf?: Partial<Omit<VihfProfile, 'lifetime' | 'skew'>> & {
    readonly lifetimeSeconds?: number;
    readonly skewSeconds?: number;
  };
  readonly certificates: Readonly<Record<string, { authentication?: KeysInFile; signature: KeysInFile }>>;
  readonly establishments: readonly EstablishmentInFile[];
}

type Environment = Readonly<Record<string, string | undefined>>;

/** EHPADs are establishments for elderly people, of JDV_J61. */
const SECTOR = 'SA17^1.2.250.1.71.4.2.4';
/** Hébergement complet. */
const CONTENT_TYPE = '11';
/** The limit of the DMP is not public. */
const MAX_BYTES = 5 * 2 ** 20;

/** Names in the file are relative to its folder. Throws WrongDmpFile. */
export async function readEstablishments(path: string, environment: Environment): Promise<Establishment[]> {
  const file = parsed(path);
  const at = (name: string): string => resolve(dirname(path), name);
  const secret = (given: Secret, place: string): string => {
    const found = 'file' in given ? textOf(at(given.file), place).trim() : environment[given.environment];
    if (found === undefined || found === '')
      throw new WrongDmpFile(`${path}: ${place} names an environment variable that is not set, or an empty file`);
    return found;
  };
  const credentials = new Map<string, { authentication: Credential | undefined; signature: Credential }>();
  const read = async (given: KeysInFile, place: string): Promise<Credential> => {
    const files: KeyFiles = {
      certificate: at(given.certificate),
      ...(given.key === undefined ? {} : { key: at(given.key) }),
      ...(given.passphrase === undefined ? {} : { passphrase: secret(given.passphrase, `${place}/passphrase`) }),
    };
    try {
      return await readCredential(files);
    } catch (error) {
      if (error instanceof WrongKey) throw new WrongDmpFile(`${path}: ${place}: ${error.message}`);
      throw error;
    }
  };
  for (const [name, { authentication, signature }] of Object.entries(file.certificates)) {
    const place = `/certificates/${name}`;
    credentials.set(name, {
      authentication: authentication && (await read(authentication, `${place}/authentication`)),
      signature: await read(signature, `${place}/signature`),
    });
  }
  const authorities = file.authorities === undefined ? undefined : textOf(at(file.authorities), '/authorities');
  const software = { ...file.software, homologation: secret(file.software.homologation, '/software/homologation') };
  const ids = new Set<string>();
  return file.establishments.map((one, i) => {
    const place = `/establishments/${i}`;
    const wrong = (what: string): never => {
      throw new WrongDmpFile(`${path}: ${place}${what}`);
    };
    if (ids.has(one.id)) wrong(`/id "${one.id}" is there twice`);
    ids.add(one.id);
    const keys = credentials.get(one.certificates) ?? wrong(`/certificates "${one.certificates}" is not among them`);
    const contentType = codeTables().contentType.byCode(one.contentType ?? CONTENT_TYPE);
    const nameId = one.responsible ?? `3${one.structure.slice(1)}/${one.id}`;
    if (!isProfessionalId(nameId)) wrong('/responsible is no PS_IdNat (such as 3FINESS/number)');
    try {
      const connection = new Connection(file.endpoint, keys.authentication, authorities, limitsOf(file));
      const identity = {
        structureId: one.structure,
        sector: one.sector ?? SECTOR,
        nameId,
        subjectName: `${software.name}, ${software.version}, ${one.name}`,
        roles: [AUTOMATE],
        software,
      };
      return {
        id: one.id,
        ...(one.tenant === undefined ? {} : { tenant: one.tenant }),
        name: one.name,
        structure: one.structure,
        caller: { signer: keys.signature, identity, profile: profileOf(file) },
        connection,
        options: {
          devices: file.devices,
          ...(file.paths === undefined ? {} : { paths: file.paths }),
          ...(file.processing === undefined ? {} : { processing: file.processing }),
        },
        sourceId: file.devices.sender,
        contentType: contentType ?? wrong('/contentType is not of JDV_J59'),
        rules: rulesOf(one, wrong),
        feed: feedOf(one, wrong),
      };
    } catch (error) {
      if (error instanceof WrongEndpoint) throw new WrongDmpFile(`${path}: /endpoint: ${error.message}`);
      throw error;
    }
  });
}

/** Throws WrongDmpFile. */
function parsed(path: string): DmpFile {
  const text = textOf(path, '');
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new WrongDmpFile(`${path} is not JSON`);
  }
  const validate = new Ajv({ allowUnionTypes: true }).compile<DmpFile>(ESTABLISHMENTS_SCHEMA);
  if (validate(value)) return value;
  // Of alternatives, what the last one says is of no more worth than that none holds.
  const error = validate.errors?.find(({ keyword }) => keyword !== 'oneOf') ?? validate.errors?.[0];
  const { instancePath = '', message = '', params = {} } = error ?? {};
  const extra = 'additionalProperty' in params ? ` (${String(params.additionalProperty)})` : '';
  const valid = 'allowedValues' in params ? `: ${(params.allowedValues as unknown[]).join(', ')}` : '';
  throw new WrongDmpFile(`${path} at ${instancePath || '/'} ${message}${extra}${valid}`);
}

function textOf(path: string, place: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    throw new WrongDmpFile(`${place === '' ? '' : `${place}: `}${path} cannot be read (${code})`);
  }
}

function limitsOf({ tls = {} }: DmpFile): Limits {
  const { connectSeconds, answerSeconds, answerBytes, connections, maxVersion } = tls;
  return {
    connect: connectSeconds === undefined ? DEFAULT_LIMITS.connect : connectSeconds * 1000,
    answer: answerSeconds === undefined ? DEFAULT_LIMITS.answer : answerSeconds * 1000,
    size: answerBytes ?? DEFAULT_LIMITS.size,
    connections: connections ?? DEFAULT_LIMITS.connections,
    maxVersion: maxVersion ?? DEFAULT_LIMITS.maxVersion,
  };
}

function profileOf({ vihf = {} }: DmpFile): VihfProfile {
  const { lifetimeSeconds, skewSeconds, ...rest } = vihf;
  return {
    ...DEFAULT_VIHF,
    ...rest,
    ...(lifetimeSeconds === undefined ? {} : { lifetime: lifetimeSeconds * 1000 }),
    ...(skewSeconds === undefined ? {} : { skew: skewSeconds * 1000 }),
  };
}

function rulesOf({ rules }: EstablishmentInFile, wrong: (what: string) => never): SenderRules {
  const { ins, ...own } = rules;
  const all = { ...DEFAULT_RULES, ...own, ...(ins === undefined ? {} : { insDomains: INS_DOMAINS[ins] }) };
  const tables = codeTables();
  if (tables.facility.byCode(all.facility) === undefined) wrong('/rules/facility is not of JDV_J61');
  if (tables.practiceSetting.byCode(all.practiceSetting) === undefined)
    wrong('/rules/practiceSetting is not of JDV_J62');
  try {
    new Intl.DateTimeFormat('en', { timeZone: all.zone });
  } catch {
    wrong('/rules/zone is no time zone');
  }
  return all;
}

function feedOf({ structure, feed = {} }: EstablishmentInFile, wrong: (what: string) => never): FeedingRule {
  const { types, hold = 'none' } = feed;
  const tables = codeTables();
  const known = (codes: readonly string[], place: string): ReadonlySet<string> => {
    const unknown = codes.find((code) => tables.type.byCode(code) === undefined);
    if (unknown !== undefined) wrong(`/feed/${place} names "${unknown}", which is not of JDV_J66`);
    return new Set(codes);
  };
  return {
    for: feed.for ?? [structure],
    types: types === undefined ? 'all' : known(types, 'types'),
    mode: feed.mode ?? 'automatic',
    hold: hold === 'none' ? 'none' : hold === 'professional' ? 'all' : known(hold as readonly string[], 'hold'),
    incomplete: feed.incomplete ?? 'keep',
    maxBytes: feed.maxBytes ?? MAX_BYTES,
  };
}
