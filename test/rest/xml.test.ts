/** XML over HTTP, in and out. https://hl7.org/fhir/R4/xml.html */
import type { Test } from 'tap';
import { patient, startServer } from '../support/server.js';
import { onEveryStore } from '../support/stores.js';

const XML = { accept: 'application/fhir+xml' };
const SENT = { 'content-type': 'application/fhir+xml; charset=utf-8' };
const FHIR = 'xmlns="http://hl7.org/fhir"';
const DIV = '<div xmlns="http://www.w3.org/1999/xhtml"><p>Mme &amp; M. <b>Kérouédan</b></p></div>';
const PATIENT = `<?xml version="1.0" encoding="UTF-8"?>
<!-- Une résidente -->
<Patient ${FHIR}>
  <id value="xml"/>
  <text><status value="generated"/>${DIV}</text>
  <active value="true"/>
  <name id="n1"><family value="Kérouédan"/><given value="Jeanne"/><given><extension url="http://hl7.org/fhir/StructureDefinition/data-absent-reason"><valueCode value="masked"/></extension></given></name>
  <birthDate value="1938-02-11"><extension url="http://hl7.org/fhir/StructureDefinition/patient-birthTime"><valueDateTime value="1938-02-11T08:00:00+01:00"/></extension></birthDate>
  <multipleBirthInteger value="2"/>
  <contact><name><text value="L’aînée &lt;Anne&gt; &quot;A&quot;"/></name></contact>
</Patient>`;

async function run(t: Test, store: string) {
  const { call, close } = await startServer({ STORE: store });
  t.teardown(close);
  await t.test('create, read, search', async (t) => {
    const made = await call('PUT', '/Patient/xml', PATIENT, SENT);
    t.equal(made.status, 201);
    t.match(made.json, {
      text: { status: 'generated', div: DIV },
      active: true,
      name: [
        {
          id: 'n1',
          family: 'Kérouédan',
          given: ['Jeanne', null],
          _given: [null, { extension: [{ valueCode: 'masked' }] }],
        },
      ],
      birthDate: '1938-02-11',
      _birthDate: { extension: [{ valueDateTime: '1938-02-11T08:00:00+01:00' }] },
      multipleBirthInteger: 2,
      contact: [{ name: { text: 'L’aînée <Anne> "A"' } }],
    });
    const read = await call('GET', '/Patient/xml', undefined, XML);
    t.equal(read.headers.get('content-type'), 'application/fhir+xml; charset=utf-8');
    t.ok(read.text.includes(DIV), 'the narrative stays as it was written');
    t.ok(read.text.includes('<contact><name><text value="L’aînée &lt;Anne&gt; &quot;A&quot;"/></name></contact>'));
    const again = await call('PUT', '/Patient/xml', read.text, { ...SENT, ...XML });
    t.equal(again.status, 200);
    const { meta: _, ...first } = made.json;
    const { meta: __, ...second } = (await call('GET', '/Patient/xml')).json;
    t.same(second, first, 'there and back');
    const found = await call('GET', '/Patient?_id=xml&_format=xml&_pretty=true');
    t.match(
      found.text,
      /<Bundle xmlns="http:\/\/hl7.org\/fhir">\n {2}<type value="searchset"\/>\n {2}<total value="1"\/>/,
    );
    t.match(found.text, /<resource>\n {6}<Patient>/);
    t.match((await call('GET', '/metadata', undefined, XML)).text, /<CapabilityStatement/);
    t.equal(
      (await call('GET', '/Patient/xml?_format=application/fhir%2Bxml')).text,
      (await call('GET', '/Patient/xml', undefined, XML)).text,
    );
    t.match(
      (await call('GET', '/Patient/xml', undefined, { accept: 'text/html,application/xml;q=0.9,*/*;q=0.8' })).json,
      { id: 'xml' },
      'a browser gets JSON',
    );
  });

  await t.test('numbers keep their digits', async (t) => {
    const observation = `<Observation ${FHIR}><status value="final"/><code><text value="poids"/></code><valueQuantity><value value="62.50"/></valueQuantity></Observation>`;
    const made = await call('POST', '/Observation', observation, SENT);
    t.match(made.text, '"value":62.50');
    t.match((await call('GET', `/Observation/${made.json.id}`, undefined, XML)).text, '<value value="62.50"/>');
  });

  await t.test('errors in XML, and findings by FHIRPath', async (t) => {
    const wrong = `<Patient ${FHIR}><active value="oui"/><gender value="femelle"/></Patient>`;
    const { status, text } = await call('POST', '/Patient', wrong, { ...SENT, ...XML });
    t.equal(status, 422);
    t.match(
      text,
      /<OperationOutcome xmlns.*<expression value="Patient.active"\/>.*<expression value="Patient.gender"\/>/,
    );
    t.match((await call('GET', '/Patient/nobody', undefined, XML)).text, /<OperationOutcome/);
    t.match((await call('GET', '/Nothing?_format=xml')).text, /<OperationOutcome/);
    t.match((await call('POST', '/Patient', `<Patient ${FHIR}><naem value="x"/></Patient>`, SENT)).json.issue[0], {
      details: { coding: [{ code: 'unknown-element' }] },
    });
  });

  await t.test('transactions and patches', async (t) => {
    const uuid = 'urn:uuid:0f0f0f0f-0000-4000-8000-000000000001';
    const bundle = `<Bundle ${FHIR}><type value="transaction"/><entry><fullUrl value="${uuid}"/><resource><Patient><active value="true"/></Patient></resource><request><method value="POST"/><url value="Patient"/></request></entry></Bundle>`;
    const done = await call('POST', '', bundle, { ...SENT, ...XML });
    t.equal(done.status, 200);
    t.match(done.text, /<Bundle .*<type value="transaction-response"\/>.*<status value="201 Created"\/>/);
    const parameters = `<Parameters ${FHIR}><parameter><name value="operation"/><part><name value="type"/><valueCode value="replace"/></part><part><name value="path"/><valueString value="Patient.active"/></part><part><name value="value"/><valueBoolean value="false"/></part></parameter></Parameters>`;
    t.equal((await call('PATCH', '/Patient/xml', parameters, SENT)).json.active, false);
  });

  await t.test('XML Patch', async (t) => {
    await call('PUT', '/Patient/xml', PATIENT, SENT);
    const PATCH = { 'content-type': 'application/xml-patch+xml' };
    const diff = (operations: string) => `<diff ${FHIR}>${operations}</diff>`;
    const patch = async (operations: string) => await call('PATCH', '/Patient/xml', diff(operations), PATCH);
    const answer = await patch(
      `<replace sel="f:Patient/f:birthDate/@value">1938-02-12</replace>
       <add sel="f:Patient/f:name[1]" pos="after"><name><use value="usual"/><family value="Morel"/></name></add>
       <remove sel="f:Patient/f:contact[f:name/f:text/@value='L’aînée &lt;Anne&gt; &quot;A&quot;']"/>
       <add sel="/f:Patient/f:active" type="@id">a1</add>`.replace(/\n\s*/g, ''),
    );
    t.equal(answer.status, 200);
    t.match(answer.json, {
      birthDate: '1938-02-12',
      name: [{ family: 'Kérouédan' }, { family: 'Morel' }],
      _active: { id: 'a1' },
    });
    t.equal(answer.json.contact, undefined);
    t.match(answer.json.text.div, DIV);
    for (const [operations, status] of [
      ['<remove sel="f:Patient/f:photo"/>', 422],
      ['<remove sel="f:Patient/f:name"/>', 422],
      ['<replace sel="f:Patient/f:active/@value">oui</replace>', 422],
      ['<replace sel="f:Patient/f:id/@value">other</replace>', 422],
      ['<remove sel="//f:name"/>', 400],
      ['<remove sel="count(f:Patient)"/>', 400],
      ['<destroy sel="f:Patient"/>', 400],
      ['', 400],
    ] as const) {
      t.equal((await patch(operations)).status, status, operations);
    }
    t.equal((await call('PATCH', '/Patient/xml', '<diff', PATCH)).status, 400);
    t.equal((await call('GET', '/Patient/xml')).json.birthDate, '1938-02-12');
  });

  await t.test('what is refused', async (t) => {
    const bomb = `<!DOCTYPE lolz [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]><Patient ${FHIR}><language value="&b;"/></Patient>`;
    const outside = `<!DOCTYPE x [<!ENTITY x SYSTEM "file:///etc/passwd">]><Patient ${FHIR}><language value="&x;"/></Patient>`;
    const deep = `<Patient ${FHIR}>${'<extension url="u">'.repeat(200)}${'</extension>'.repeat(200)}</Patient>`;
    for (const [text, key] of [
      [bomb, 'bad-xml'],
      [outside, 'bad-xml'],
      [deep, 'too-deep'],
      ['<Patient', 'bad-xml'],
      [`<Patient ${FHIR}>`, 'bad-xml'],
      [`<Patient ${FHIR}><active value="true"></Patient>`, 'bad-xml'],
      [`<Patient ${FHIR}><language value="&eacute;"/></Patient>`, 'bad-xml'],
      [`<Patient ${FHIR}>Jeanne</Patient>`, 'bad-xml'],
      [`<Patient ${FHIR}><birthDate value="1938"/><active value="true"/></Patient>`, 'bad-xml'],
      [`<Patient ${FHIR}><active valeur="true"/></Patient>`, 'bad-xml'],
      [`<Patient ${FHIR}><name><id value="x"/></name></Patient>`, 'bad-xml'],
      ['<Patient><active value="true"/></Patient>', 'bad-xml'],
      ['{"resourceType":"Patient"}', 'bad-xml'],
      ['', 'empty-body'],
      ['<Patient xmlns="http://hl7.org/fhir"><__proto__ value="1"/></Patient>', 'bad-key'],
    ] as const) {
      const { status, json } = await call('POST', '/Patient', text, SENT);
      t.equal(status, 400, text.slice(0, 100));
      t.equal(json.issue[0].details.coding[0].code, key, text.slice(0, 100));
      t.notMatch(json.issue[0].diagnostics, 'Jeanne', 'no content in errors');
    }
    t.equal((await call('PUT', '/Patient/json', { ...patient(), id: 'json' })).status, 201, 'and it goes on');
  });
}
await onEveryStore(run);
