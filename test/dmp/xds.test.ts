/** Metadata and requests of XDS.b, and answers written by hand. */
import { readFileSync } from 'node:fs';
import t, { type Test } from 'tap';
import { codeTables } from '../../src/dmp/codes/tables.js';
import type { DocumentHeader } from '../../src/dmp/document.js';
import { headerOfFhir } from '../../src/dmp/from-fhir/header.js';
import { existenceRequest, readExistence } from '../../src/dmp/hl7v3/existence.js';
import { readFound, readResponse } from '../../src/dmp/xds/answers.js';
import { labelled, xcn, xon } from '../../src/dmp/xds/hl7.js';
import type { Submission } from '../../src/dmp/xds/metadata.js';
import { provideRequest } from '../../src/dmp/xds/provide.js';
import { findDocuments, getAssociations, getDocuments, getEntries } from '../../src/dmp/xds/query.js';
import { retrieveRequest } from '../../src/dmp/xds/retrieve.js';
import { metadataRequest, statusRequest } from '../../src/dmp/xds/update.js';
import { Element, readXml } from '../../src/dmp/xml/read.js';
import { letter, RULES } from '../support/dmp.js';
import { schemaErrors, skipSchema } from '../support/shared.js';

const RIM = 'urn:oasis:names:tc:ebxml-regrep:xsd:rim:3.0';
const INS = '238024403611354^^^&1.2.250.1.213.1.4.10&ISO^NH';
const UUID = 'urn:uuid:6f0a2c5e-93d8-4f9a-9b2e-2a8f1d3c7701';

function header(t: Test): DocumentHeader {
  const found = headerOfFhir(letter(), RULES);
  t.same(found.faults, []);
  return found.header as DocumentHeader;
}
const submission = (): Submission => ({
  uniqueId: '2.999.4217.9.1',
  time: Date.parse('2026-11-20T16:41:07.900+01:00'),
  sourceId: '2.999.4217',
  contentType: codeTables().contentType.byCode('11') ?? { code: '', system: '', display: '' },
});
const provide = (t: Test, replaces?: string): string =>
  provideRequest({
    header: header(t),
    submission: submission(),
    content: { hash: 'da39a3ee5e6b4b0d3255bfef95601890afd80709', size: 3120 },
    signature: { uniqueId: '2.999.4217.9.2', size: 7 },
    ...(replaces === undefined ? {} : { replaces }),
    parts: { document: 'document@x', signature: 'signature@x' },
  });

/** Slots, classifications and identifiers of an object, told in lines. */
function told(object: Element): string[] {
  const slots = (one: Element) =>
    one.all('Slot').map((each) => {
      const values = each
        .child('ValueList')
        ?.all('Value')
        .map(({ text }) => text);
      return `${each.attributes.name} = ${values?.join(' ~ ')}`;
    });
  const classified = object.all('Classification').map((each) => {
    const { classificationScheme, nodeRepresentation } = each.attributes;
    return `${classificationScheme?.slice(9, 17)} ${nodeRepresentation} ${slots(each).join(', ')}`;
  });
  const identified = object
    .all('ExternalIdentifier')
    .map(({ attributes }) => `${attributes.identificationScheme?.slice(9, 17)} ${attributes.value}`);
  return [...slots(object), ...classified, ...identified];
}

t.test('a document goes with its set, its signature and their links', async (t) => {
  const root = readXml(provide(t, UUID));
  const list = root.find('RegistryObjectList', RIM) as Element;
  const [set, node, document, signature, ...links] = list.children as [Element, Element, Element, Element, Element];
  const person = '810999999999^Le Goff^Anne-Lise^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^IDNPS';
  const home = 'EHPAD Les Tilleuls (fictif)^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1440000000';
  const author = [
    `authorInstitution = ${home}`,
    `authorPerson = ${person}`,
    'authorRole = Médecin coordonnateur',
    'authorSpecialty = G15_10/SM18^Médecin - Gériatrie (SM)^1.2.250.1.213.1.1.4.5',
  ].join(', ');
  t.same(told(set), [
    'submissionTime = 20261120154107',
    `a7058bb9  ${author}`,
    'aa543740 11 codingScheme = 1.2.250.1.213.2.2',
    `6b5aea1a ${INS}`,
    '554ac39e 2.999.4217',
    '96fdda7c 2.999.4217.9.1',
  ]);
  t.equal(node.attributes.classificationNode, 'urn:uuid:a54d6aa5-d40d-43f9-88c5-b4633d873bdd');
  t.same(told(document), [
    'creationTime = 20261120153500',
    'languageCode = fr-FR',
    'serviceStartTime = 20261113230000',
    'serviceStopTime = 20261119230000',
    'sourcePatientId = 3440000000/IPP-004217^^^&2.999.4217.1&ISO^PI',
    'sourcePatientInfo = PID-5|Kérouédan^Marie-Thérèse^^^^^L ~ PID-7|19380211 ~ PID-8|F',
    `legalAuthenticator = ${person}`,
    'hash = da39a3ee5e6b4b0d3255bfef95601890afd80709',
    'size = 3120',
    `93606bcf  ${author}`,
    '41a5887f 10 codingScheme = 1.2.250.1.213.1.1.4.1',
    'f0306f51 83981-1 codingScheme = 2.16.840.1.113883.6.1',
    'a09d5840 urn:ihe:iti:xds-sd:pdf:2008 codingScheme = 1.3.6.1.4.1.19376.1.2.3',
    'f4f85eac N codingScheme = 2.16.840.1.113883.5.25',
    'f33fb8ac SA17 codingScheme = 1.2.250.1.71.4.2.4',
    'cccf5598 ETABLISSEMENT codingScheme = 1.2.250.1.213.1.1.4.9',
    `58a6f841 ${INS}`,
    '2e82c1f6 2.25.121039235511871798945639064685208309280',
  ]);
  t.equal(document.at('Name', 'LocalizedString')?.attributes.value, 'Lettre de liaison de sortie');
  t.equal(document.at('Description', 'LocalizedString')?.attributes.value, 'Séjour du 14 au 20 novembre');
  const signed = told(signature);
  for (const line of [
    'languageCode = art',
    '41a5887f urn:oid:1.3.6.1.4.1.19376.1.2.1.1.1 codingScheme = URN',
    'f0306f51 E1762 codingScheme = ASTM',
    'a09d5840 http://www.w3.org/2000/09/xmldsig# codingScheme = URN',
    'f4f85eac MASQUE_PS codingScheme = 1.2.250.1.213.1.1.4.13',
    'f4f85eac INVISIBLE_PATIENT codingScheme = 1.2.250.1.213.1.1.4.13',
    '2c6b8cb7 1.2.840.10065.1.12.1.14 codingScheme = 1.2.840.10065.1.12',
    '2e82c1f6 2.999.4217.9.2',
  ])
    t.ok(signed.includes(line), line);
  t.same(
    links.map(({ attributes }) => [
      attributes.associationType?.split(':').at(-1),
      attributes.sourceObject,
      attributes.targetObject,
    ]),
    [
      ['HasMember', 'SubmissionSet01', 'Document01'],
      ['HasMember', 'SubmissionSet01', 'Signature01'],
      ['signs', 'Signature01', 'SubmissionSet01'],
      ['RPLC', 'Document01', UUID],
    ],
  );
  const ids: string[] = [];
  const walk = (one: Element): void => {
    if (one.attributes.id !== undefined && one.space === RIM) ids.push(one.attributes.id);
    one.children.forEach(walk);
  };
  walk(list);
  t.equal(new Set(ids).size, ids.length, 'no id twice');
});

t.test('the French forms of people, structures and codes', async (t) => {
  const name = { family: "d'Aubigné & Fils", given: 'Zoé^' };
  t.equal(
    xcn({ id: '3440000000/77', name }),
    "3440000000/77^d'Aubigné \\T\\ Fils^Zoé\\S\\^^^^^^&1.2.250.1.71.4.2.1&ISO^D^^^RI",
  );
  t.equal(
    xon({ id: '1440000000', name: 'A|B~C\\D\nE', telecoms: [] }),
    'A\\F\\B\\R\\C\\E\\D E^^^^^&1.2.250.1.71.4.2.2&ISO^IDNST^^^1440000000',
  );
  t.equal(labelled({ code: 'c', display: 'd', system: '1.2' }), 'c^d^1.2');
});

t.test('what is too long for the schema is cut', { skip: skipSchema }, async (t) => {
  const long = header(t);
  const organisation = { id: '1440000000', name: 'É&'.repeat(300), telecoms: [] };
  const authors = long.authors.map((one) => ({
    ...one,
    organisation,
    name: { family: '^'.repeat(200), given: 'x'.repeat(200) },
  }));
  const xml = provideRequest({
    header: { ...long, authors, comments: 'é'.repeat(5000) },
    submission: submission(),
    content: {},
    signature: { uniqueId: '2.999.4217.9.2' },
    parts: { document: 'd', signature: 's' },
  });
  t.equal(schemaErrors(xml.replaceAll(/<xop:Include[^>]*>/g, 'AAAA'), 'xds-xsd/IHE/XDS.b_DocumentRepository.xsd'), '');
});

t.test('the tables hold what the DMP takes, and not what it refuses', async (t) => {
  const { type, practiceSetting, classOf, class: classes } = codeTables();
  t.equal(type.find('1.2.250.1.213.1.1.4.12', 'EXPORT_DUI'), undefined);
  t.equal(practiceSetting.byCode('ESSMS'), undefined);
  t.equal([...classes.values()].filter(({ code }) => /^\d+$/.test(code)).length, 11);
  for (const one of type.values()) t.ok(classOf(one), `${one.code} has a class`);
});

const IHE = 'xds-xsd/IHE/XDS.b_DocumentRepository.xsd';
const author = (t: Test) => ({
  author: header(t).authors[0] as DocumentHeader['authors'][number],
  subject: header(t).subject,
});
t.test('every request is valid against its schema', { skip: skipSchema }, async (t) => {
  // What the includes stand for is base64.
  const inline = (xml: string) => xml.replaceAll(/<xop:Include[^>]*>/g, 'AAAA');
  t.equal(schemaErrors(inline(provide(t)), IHE), '', 'ITI-41');
  t.equal(schemaErrors(inline(provide(t, UUID)), IHE), '', 'ITI-41 with a replacement');
  t.equal(schemaErrors(retrieveRequest([{ repository: '1.2', uniqueId: '1.3' }]), IHE), '', 'ITI-43');
  const QUERY = 'xds-xsd/ebRS/query.xsd';
  const patient = header(t).subject.ins;
  const range = { from: 0, to: 86_400_000 };
  const { type, class: classes } = codeTables();
  for (const [name, xml] of Object.entries({
    getDocuments: getDocuments(['1.2.3', '1.2.4']),
    getEntries: getEntries([UUID]),
    getAssociations: getAssociations([UUID]),
    findDocuments: findDocuments({ patient }),
    'findDocuments, all parameters': findDocuments({
      patient,
      statuses: ['approved', 'archived'],
      types: [...type.values()].slice(0, 2),
      classes: [...classes.values()],
      created: range,
      service: range,
      returned: 'ObjectRef',
    }),
  }))
    t.equal(schemaErrors(xml, QUERY), '', `ITI-18 ${name}`);
  const LCM = 'xds-xsd/ebRS/lcm.xsd';
  const status = { submission: submission(), ...author(t), entryUuid: UUID, from: 'approved', to: 'deleted' } as const;
  t.equal(schemaErrors(statusRequest(status), LCM), '', 'ITI-57 of a status');
  const change = { submission: submission(), header: header(t), lid: UUID, previousVersion: 1 };
  t.equal(schemaErrors(metadataRequest(change), LCM), '', 'ITI-57 of metadata');
  t.not(schemaErrors('<a/>', LCM), '', 'the schema judges');
});

t.test('queries quote what they carry', async (t) => {
  const value = (xml: string, name: string) => {
    const query = readXml(xml).child('AdhocQuery', RIM);
    const slot = query?.all('Slot').find(({ attributes }) => attributes.name === name);
    return slot?.at('ValueList', 'Value')?.text;
  };
  t.equal(value(getDocuments(["1.2'3", '4']), '$XDSDocumentEntryUniqueId'), "('1.2''3','4')");
  const { ins } = header(t).subject;
  const xml = findDocuments({ patient: ins, statuses: ['approved', 'deleted'], created: { from: 1_700_000_000_000 } });
  t.equal(value(xml, '$XDSDocumentEntryPatientId'), `'${INS}'`);
  t.equal(
    value(xml, '$XDSDocumentEntryStatus'),
    "('urn:oasis:names:tc:ebxml-regrep:StatusType:Approved','urn:asip:ci-sis:2010:StatusType:Deleted')",
  );
  t.equal(value(xml, '$XDSDocumentEntryCreationTimeFrom'), '20231114221320');
});

const fixture = (name: string): Element => {
  const root = readXml(readFileSync(new URL(`../../fixtures/dmp/${name}.xml`, import.meta.url), 'utf8'));
  return root.child('Body')?.children[0] as Element;
};

t.test('answers that others wrote are read', async (t) => {
  t.same(readResponse(fixture('iti41-failure')), {
    status: 'failure',
    errors: [
      { code: 'XDSExtraMetadataNotSaved', context: 'Slot urn:example:extra', severity: 'warning' },
      {
        code: 'XDSRepositoryMetadataError',
        context: 'typeCode : valeur 27899-4 inconnue',
        location: 'Document01',
        severity: 'error',
      },
    ],
  });
  const found = readFound(fixture('iti18-entries'));
  t.same(found.references, ['urn:uuid:6f0a2c5e-93d8-4f9a-9b2e-2a8f1d3c7702', UUID]);
  t.match(found.entries, [
    {
      entryUuid: UUID,
      lid: 'urn:uuid:6f0a2c5e-93d8-4f9a-9b2e-2a8f1d3c7700',
      version: 2,
      status: 'deprecated',
      uniqueId: '2.999.4217.55',
      patientId: INS,
      size: 3120,
      repository: '1.2.250.1.213.4.1.1.1.2',
      codes: { confidentiality: ['MASQUE_PS^^1.2.250.1.213.1.1.4.13'], class: [] },
    },
  ]);
  t.match(found.links, [{ type: 'RPLC', target: UUID }]);
  t.equal(readResponse(new Element('a', '', { status: 'urn:x:ResponseStatusType:constructor' })), undefined);
});

t.test('the question whether a patient has a DMP, and its answers', async (t) => {
  const root = readXml(
    existenceRequest({
      patient: header(t).subject.ins,
      time: 1_700_000_000_000,
      messageId: 'a',
      queryId: 'b',
      sender: { oid: '2.999.4217', software: 'Passerelle' },
      receiver: '1.2.250.1.213.4.1.1.1',
      processing: 'D',
    }),
  );
  t.equal(root.at('controlActProcess', 'reasonCode')?.attributes.code, 'TEST_EXST');
  const value = root.at('controlActProcess', 'queryByParameter', 'parameterList', 'patientIdentifier', 'value');
  t.match(value?.attributes, { root: '1.2.250.1.213.1.4.10', extension: '238024403611354' });
  t.equal(root.at('receiver', 'device', 'id')?.attributes.root, '1.2.250.1.213.4.1.1.1');
  t.same(readExistence(fixture('td02-active')), { state: 'active', isAuthorised: true, hasAccount: true, details: [] });
  t.same(readExistence(fixture('td02-none')), {
    state: 'none',
    isAuthorised: false,
    hasAccount: false,
    details: ['DMPNotFound Aucun DMP pour ce patient'],
  });
  t.equal(readExistence(fixture('iti41-failure')), undefined);
});
