/** From FHIR resources to a level 1 CDA, and a CDA read as it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { LEVEL_ONE_TYPES } from '../../src/dmp/cda/level-one.js';
import { readCda } from '../../src/dmp/cda/read.js';
import { writeCda } from '../../src/dmp/cda/write.js';
import type { DocumentHeader } from '../../src/dmp/document.js';
import { headerOfFhir } from '../../src/dmp/from-fhir/header.js';
import { makeDocument } from '../../src/dmp/make-document.js';
import { readXml } from '../../src/dmp/xml/read.js';
import { letter, pdfBytes, RULES } from '../support/dmp.js';
import { schemaErrors, shared, skipSchema } from '../support/shared.js';

const SCHEMA = 'cda-fr/xsd/CDA_extended.xsd';
const NOTHING = { visibility: [], events: [] };

function headerOf(from: Parameters<typeof headerOfFhir>[0], t: Test): DocumentHeader {
  const { header, faults } = headerOfFhir(from, RULES);
  t.same(faults, []);
  if (header === undefined) throw new Error('no header');
  return header;
}

t.test('a letter becomes a CDA with every element of the header', async (t) => {
  const header = headerOf(letter(), t);
  const pdf = pdfBytes();
  const bytes = writeCda(header, pdf, 'application/pdf');
  t.ok(bytes.equals(writeCda(header, pdf, 'application/pdf')), 'same input, same bytes');
  const root = readXml(bytes.toString('utf8'));
  const value = (attribute: string, ...path: string[]) => root.at(...path)?.attributes[attribute];
  t.same(
    root.children.map(({ name }) => name),
    [
      'realmCode',
      'typeId',
      ...['templateId', 'templateId', 'templateId'],
      ...['id', 'code', 'title', 'effectiveTime', 'confidentialityCode', 'languageCode', 'setId', 'versionNumber'],
      ...['recordTarget', 'author', 'custodian', 'legalAuthenticator', 'documentationOf', 'componentOf', 'component'],
    ],
  );
  t.equal(value('root', 'id'), '2.25.121039235511871798945639064685208309280', 'the UUID as an OID');
  t.equal(value('extension', 'id'), undefined);
  t.equal(value('displayName', 'code'), "Lettre de liaison à la sortie d'une structure sociale ou médico-sociale");
  t.equal(value('value', 'effectiveTime'), '20261120163500+0100');
  t.equal(value('value', 'versionNumber'), '1');
  const role = root.at('recordTarget', 'patientRole');
  t.same(
    role?.all('id').map(({ attributes }) => [attributes.root, attributes.extension]),
    [
      ['1.2.250.1.213.1.4.10', '238024403611354'],
      ['2.999.4217.1', '3440000000/IPP-004217'],
    ],
  );
  t.same(
    role?.at('patient', 'name')?.children.map(({ name, attributes, text }) => [name, attributes.qualifier, text]),
    [
      ['family', 'BR', 'Kérouédan'],
      ['given', undefined, 'Marie-Thérèse Jeanne Yvonne'],
      ['given', 'BR', 'Marie-Thérèse'],
      ['family', 'CL', 'Le Bihan'],
      ['given', 'CL', 'Maïté'],
    ],
  );
  t.equal(role?.at('patient', 'birthplace', 'place', 'addr', 'county')?.text, '44036');
  t.equal(value('extension', 'author', 'assignedAuthor', 'id'), '810999999999');
  t.equal(value('code', 'author', 'assignedAuthor', 'code'), 'G15_10/SM18');
  t.equal(value('extension', 'author', 'assignedAuthor', 'representedOrganization', 'id'), '1440000000');
  t.equal(value('code', 'legalAuthenticator', 'signatureCode'), 'S');
  const act = ['documentationOf', 'serviceEvent'];
  t.equal(value('value', ...act, 'effectiveTime', 'low'), '20261114');
  t.equal(
    value('code', ...act, 'performer', 'assignedEntity', 'representedOrganization', 'standardIndustryClassCode'),
    'ETABLISSEMENT',
  );
  const stay = ['componentOf', 'encompassingEncounter'];
  t.equal(value('value', ...stay, 'effectiveTime', 'low'), '20260117143000+0100');
  t.equal(value('code', ...stay, 'location', 'healthCareFacility', 'code'), 'SA17');
  t.equal(value('mediaType', 'component', 'nonXMLBody', 'text'), 'application/pdf');
  t.ok(Buffer.from(root.at('component', 'nonXMLBody', 'text')?.text ?? '', 'base64').equals(pdf));
});

t.test('a chain keeps its set and counts its versions', async (t) => {
  const first = headerOf(letter('11111111-1111-4111-8111-111111111111'), t);
  const second = headerOf({ ...letter('22222222-2222-4222-8222-222222222222'), predecessor: first }, t);
  const third = headerOf({ ...letter('33333333-3333-4333-8333-333333333333'), predecessor: second }, t);
  t.same([first.versionNumber, second.versionNumber, third.versionNumber], [1, 2, 3]);
  t.same([second.setId, third.setId], [first.setId, first.setId]);
  const parent = readXml(writeCda(third, Buffer.from('x'), 'text/plain').toString()).at('relatedDocument');
  t.equal(parent?.attributes.typeCode, 'RPLC');
  t.equal(parent?.at('parentDocument', 'id')?.attributes.root, second.uniqueId);
  t.equal(parent?.at('parentDocument', 'setId')?.attributes.root, first.uniqueId);
  t.equal(parent?.at('parentDocument', 'versionNumber')?.attributes.value, '2');
});

t.test('what XML keeps for itself does no harm', async (t) => {
  const from = letter();
  const title = 'Bilan <b> & "suite" \u0001 \ud800 l’été';
  from.document.content[0] = { attachment: { ...from.document.content[0]?.attachment, title } };
  const text = writeCda(headerOf(from, t), Buffer.from('x'), 'text/plain').toString('utf8');
  t.equal(readXml(text).child('title')?.text, 'Bilan <b> & "suite"   l’été');
});

t.test('what is written is read back', async (t) => {
  const header = headerOf({ ...letter(), predecessor: headerOf(letter('11111111-1111-4111-8111-111111111111'), t) }, t);
  const { header: read, faults } = readCda(writeCda(header, pdfBytes(), 'application/pdf'), NOTHING, RULES);
  t.same(faults, []);
  // Addresses, titles of people and words beside are not read: the metadata have no place for them.
  const { addresses, telecoms, ...subject } = header.subject;
  t.match(read?.subject, JSON.parse(JSON.stringify({ ...subject, birthCity: undefined })));
  for (const key of [
    'uniqueId',
    'setId',
    'versionNumber',
    'type',
    'class',
    'format',
    'facility',
    'practiceSetting',
    'title',
    'creation',
    'service',
  ] as const)
    t.same(read?.[key], header[key], key);
  t.equal(read?.replaces?.uniqueId, header.replaces?.uniqueId);
  t.match(read?.authors[0], {
    id: '810999999999',
    specialty: { code: 'G15_10/SM18' },
    organisation: { id: '1440000000' },
  });
  t.ok(addresses.length > 0 && telecoms.length > 0);
});

t.test('what is missing is told, all of it, by its path', async (t) => {
  const from = letter();
  from.patient.identifier = [{ system: 'urn:oid:1.2.250.1.213.1.4.8', value: '238024403611354' }];
  from.patient.extension = [];
  from.role.code = [{ text: 'Médecin coordonnateur' }];
  from.role.specialty = [];
  from.document.securityLabel = [];
  from.document.type = { coding: [{ system: 'http://loinc.org', code: '51851-4' }] };
  from.document.masterIdentifier = { value: 'lettre-7' };
  from.document.date = '';
  from.document.content = [
    { attachment: { contentType: 'application/msword', title: 'x'.repeat(129), creation: '2026-11-20' } },
  ];
  const { header, faults } = headerOfFhir(from, RULES);
  t.equal(header, undefined);
  t.same(
    faults.map(({ key, expression }) => `${key} ${expression}`),
    [
      'dmp-unique-id DocumentReference.masterIdentifier.value',
      'dmp-code DocumentReference.type',
      'dmp-content-type DocumentReference.content.attachment.contentType',
      'dmp-visibility DocumentReference.securityLabel',
      'dmp-title DocumentReference.content.attachment.title',
      'dmp-time DocumentReference.date',
      'dmp-ins-domain DocumentReference.subject.resolve().identifier',
      "dmp-missing DocumentReference.subject.resolve().extension('http://hl7.org/fhir/StructureDefinition/patient-birthPlace')",
    ],
  );
  t.notOk(JSON.stringify(faults).includes('2380244'), 'no value of the patient');

  const other = letter();
  other.role.code = [];
  other.role.specialty = [];
  t.match(headerOfFhir(other, RULES).faults, [{ expression: 'DocumentReference.author[0].resolve().specialty' }]);
  const hidden = letter();
  const A07 = 'https://mos.esante.gouv.fr/NOS/TRE_A07-StatutVisibiliteDocument/FHIR/TRE-A07-StatutVisibiliteDocument';
  const label = (code: string) => ({ coding: [{ system: A07, code }] });
  hidden.document.securityLabel = [label('MASQUE_PS')];
  t.match(headerOfFhir(hidden, RULES).header, {
    confidentiality: { code: 'N' },
    visibility: [{ code: 'MASQUE_PS', system: '1.2.250.1.213.1.1.4.13' }],
  });
  hidden.document.securityLabel = [label('MASQUE_PS'), label('INVISIBLE_PATIENT')];
  t.match(headerOfFhir(hidden, RULES).faults, [{ key: 'dmp-hidden-from-all' }]);
  t.equal(headerOfFhir(hidden, { ...RULES, allowHiddenFromAll: true }).header?.visibility.length, 2);
  const classed = letter();
  classed.document.category = [
    {
      coding: [
        { system: 'https://mos.esante.gouv.fr/NOS/TRE_A03-ClasseDocument/FHIR/TRE-A03-ClasseDocument', code: '11' },
      ],
    },
  ];
  t.match(headerOfFhir(classed, RULES).faults, [{ key: 'dmp-class', params: { class: '10', code: '11' } }]);
  const social = letter();
  social.document.context = {
    practiceSetting: {
      coding: [
        { system: 'https://mos.esante.gouv.fr/NOS/TRE_A01-CadreExercice/FHIR/TRE-A01-CadreExercice', code: 'ESSMS' },
      ],
    },
  };
  t.equal(headerOfFhir(social, RULES).header?.practiceSetting.code, 'ETABLISSEMENT');
});

t.test('a CDA that is none, or lacks what the DMP asks for', async (t) => {
  const keys = (text: string | Uint8Array) =>
    readCda(typeof text === 'string' ? Buffer.from(text) : text, NOTHING, RULES).faults.map(({ key }) => key);
  t.same(keys('<a/>'), ['dmp-cda']);
  t.same(keys('<ClinicalDocument'), ['dmp-cda']);
  t.same(keys(Uint8Array.of(0xff, 0xfe)), ['dmp-cda']);
  t.same(keys('<!DOCTYPE a><ClinicalDocument xmlns="urn:hl7-org:v3"/>'), ['dmp-cda']);
  const whole = writeCda(headerOf(letter(), t), pdfBytes(), 'application/pdf').toString();
  const without = (what: RegExp, by = '') => {
    t.match(whole, what);
    return readCda(Buffer.from(whole.replace(what, by)), NOTHING, RULES).faults.map(({ expression }) => expression);
  };
  t.same(without(/<legalAuthenticator>.*<\/legalAuthenticator>/), ['ClinicalDocument.legalAuthenticator']);
  t.same(without(/ code="SA17"/, ' code="SA99"'), [
    'ClinicalDocument.componentOf.encompassingEncounter.location.healthCareFacility.code',
  ]);
  t.same(without(/238024403611354/, '238024403611355'), ['ClinicalDocument.recordTarget.patientRole.id']);
  t.same(without(/<county>44036<\/county>/), [
    'ClinicalDocument.recordTarget.patientRole.patient.birthplace.place.addr.county',
  ]);
  t.same(without(/<setId [^>]*>/), ['ClinicalDocument.setId']);
  t.same(without(/<id root="2\.25[^>]*>/, '<id root="2.25.1" extension="7"/>'), ['ClinicalDocument.id.extension']);
});

t.test('every kind of body is valid against the schema', { skip: skipSchema }, async (t) => {
  for (const type of LEVEL_ONE_TYPES) {
    const from = letter();
    from.document.content = [{ attachment: { ...from.document.content[0]?.attachment, contentType: type } }];
    t.equal(schemaErrors(writeCda(headerOf(from, t), pdfBytes(), type), SCHEMA), '', type);
  }
  const first = headerOf(letter(), t);
  const bare = letter('22222222-2222-4222-8222-222222222222');
  bare.patient.address = [];
  bare.patient.telecom = [];
  bare.document.context = {};
  bare.document.securityLabel = [{ coding: [{ system: 'urn:oid:2.16.840.1.113883.5.25', code: 'R' }] }];
  const second = headerOf({ ...bare, predecessor: first }, t);
  t.equal(schemaErrors(writeCda(second, Buffer.from('Bonjour'), 'text/plain'), SCHEMA), '', 'a second version');
  t.not(schemaErrors('<ClinicalDocument xmlns="urn:hl7-org:v3"/>', SCHEMA), '', 'the schema judges');
});

t.test('bytes become a CDA, or are one', async (t) => {
  const from = letter();
  const made = makeDocument(from, pdfBytes(), RULES);
  t.same(made.faults, []);
  t.ok(made.cda?.equals(writeCda(made.header as DocumentHeader, pdfBytes(), 'application/pdf')));
  t.match(makeDocument(from, Buffer.alloc(0), RULES).faults, [{ key: 'dmp-empty' }]);

  const cda = made.cda as Buffer;
  const brings = (
    change: (from: ReturnType<typeof letter>) => void = () => undefined,
    predecessor?: DocumentHeader,
  ) => {
    const beside = letter();
    beside.document.content = [{ attachment: { contentType: 'text/xml; charset=utf-8' } }];
    change(beside);
    return makeDocument({ ...beside, ...(predecessor === undefined ? {} : { predecessor }) }, cda, RULES);
  };
  const same = brings();
  t.same(same.faults, []);
  t.equal(same.cda, cda, 'the bytes stay as they are');
  t.equal(same.header?.uniqueId, made.header?.uniqueId);
  t.equal(same.header?.comments, 'Séjour du 14 au 20 novembre');
  const places = (...args: Parameters<typeof brings>) => brings(...args).faults.map(({ expression }) => expression);
  t.same(
    places(({ document }) => Object.assign(document, { masterIdentifier: { value: 'urn:oid:1.2.3' } })),
    ['DocumentReference.masterIdentifier'],
  );
  t.same(
    places(({ document }) =>
      Object.assign(document, { type: { coding: [{ system: 'http://loinc.org', code: '11488-4' }] } }),
    ),
    ['DocumentReference.type'],
  );
  t.same(
    places(({ patient }) => Object.assign(patient, { identifier: [] })),
    ['DocumentReference.subject'],
  );
  t.same(
    places(({ document }) => Object.assign(document, { securityLabel: [] })),
    ['DocumentReference.securityLabel'],
  );
  t.same(
    places(() => undefined, headerOf(letter('11111111-1111-4111-8111-111111111111'), t)),
    ['DocumentReference.relatesTo'],
  );
  t.same(
    places(() => undefined, made.header),
    ['DocumentReference.relatesTo'],
  );
  const format = {
    system: 'https://mos.esante.gouv.fr/NOS/TRE_A06-FormatCodeComplementaire/FHIR/TRE-A06-FormatCodeComplementaire',
    code: 'urn:asip:ci-sis:dlu:2015',
  };
  const stated = brings(({ document }) =>
    Object.assign(document, { content: [{ attachment: { contentType: 'text/xml' }, format }] }),
  );
  t.equal(stated.header?.format.code, 'urn:asip:ci-sis:dlu:2015');
});

const examples = shared('data/dmp/cda-fr');
t.test('the French examples are read', { skip: examples === undefined && 'no ../shared/data/dmp' }, async (t) => {
  const formats: Record<string, string> = {};
  for (const name of readdirSync(examples ?? '').filter((each) => each.endsWith('.xml'))) {
    const { header, faults } = readCda(readFileSync(join(examples ?? '', name)), NOTHING, RULES);
    t.same(faults, [], name);
    formats[name] = header?.format.code ?? '';
  }
  t.match(formats, {
    'DLU-EHPAD-DLU_2022.01.xml': 'urn:asip:ci-sis:dlu:2015',
    'VSM_1.4_2022.01.xml': 'urn:asip:ci-sis:vsm:2012',
    'LDL-SES_2022.01.xml': 'urn:asip:ci-sis:ldl-ses:2017',
    'DOC_NON_STRUCTURE_CDA-R2-N1.xml': 'urn:ihe:iti:xds-sd:pdf:2008',
  });
});
