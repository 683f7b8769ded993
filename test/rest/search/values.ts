/** Parameter types with their prefixes and modifiers. https://hl7.org/fhir/R4/search.html#ptypes */
import type { Test } from 'tap';
import type { TestServer } from '../../support/server.js';
import { idsOf, NS, queryOf } from './records.js';

const UCUM = 'http://unitsofmeasure.org';
const CLINICAL = 'http://terminology.hl7.org/CodeSystem/condition-clinical';

/** Type, parameter, value, and the ids that are found, in any order. */
type Case = [type: string, name: string, value: string, ids: string[]];

const STRINGS: Case[] = [
  ['Patient', 'family', 'darc lefevre', ['jeanne']],
  ['Patient', 'family', 'D’ARC', ['jeanne']],
  ['Patient', 'family', 'noeuveglise', ['jeanne']],
  ['Patient', 'family', 'NŒUVÉGLISE', ['jeanne']],
  ['Patient', 'given', 'jeanne marie', ['jeanne']],
  ['Patient', 'given', 'JEANNEMARIE', ['jeanne']],
  ['Patient', 'given', 'cecile', ['jeanne']],
  ['Patient', 'name', 'zoe', ['zoe']],
  ['Patient', 'family', 'martin', ['paul', 'zoe']],
  ['Patient', 'family:exact', 'Martin', ['paul']],
  ['Patient', 'family:exact', 'martin', []],
  ['Patient', 'family:contains', 'arti', ['paul', 'zoe']],
  ['Patient', 'family', 'arti', []],
  ['Patient', 'family', 'martin,d arc', ['jeanne', 'paul', 'zoe']],
  ['Organization', 'name', 'ehpad les oeillets', ['ehpad']],
  ['Patient', 'family:missing', 'true', []],
];

const TOKENS: Case[] = [
  ['Patient', 'identifier', 'A-1', ['jeanne', 'paul']],
  ['Patient', 'identifier', `${NS}/ipp|A-1`, ['jeanne']],
  ['Patient', 'identifier', `${NS}/other|`, ['paul']],
  ['Patient', 'identifier', '|A-1', []],
  ['Patient', 'identifier', '|without\\, system', ['jeanne']],
  ['Patient', 'identifier', 'without, system', []],
  ['Patient', 'identifier:of-type', 'http://terminology.hl7.org/CodeSystem/v2-0203|PI|A-1', ['jeanne']],
  ['Patient', 'identifier:of-type', 'http://terminology.hl7.org/CodeSystem/v2-0203|MR|A-1', []],
  ['Patient', 'identifier:text', 'numero', ['jeanne']],
  ['Patient', 'identifier:missing', 'true', ['zoe']],
  ['Patient', 'gender', 'http://hl7.org/fhir/administrative-gender|female', ['jeanne']],
  ['Patient', 'gender:not', 'female', ['paul', 'zoe']],
  ['Patient', 'gender:in', 'http://hl7.org/fhir/ValueSet/administrative-gender', ['jeanne', 'paul']],
  ['Patient', 'gender:not-in', 'http://hl7.org/fhir/ValueSet/administrative-gender', ['zoe']],
  ['Patient', 'active', 'true', ['jeanne']],
  ['Patient', 'deceased', 'false', ['jeanne', 'paul', 'zoe']],
  ['Observation', 'code:text', 'poids', ['weight']],
  ['Observation', 'code:text', 'tension', ['pressure']],
  ['Condition', 'clinical-status:below', `${CLINICAL}|active`, ['relapse']],
  ['Condition', 'clinical-status:above', `${CLINICAL}|relapse`, ['relapse']],
  ['Condition', 'clinical-status:below', `${CLINICAL}|inactive`, []],
  ['Patient', '_tag', `${NS}/tags|trial`, ['jeanne']],
  ['Patient', '_security', 'R', ['jeanne']],
];

const DATES: Case[] = [
  ['Patient', 'birthdate', '1938-02-11', ['jeanne']],
  ['Patient', 'birthdate', '1941', ['paul', 'zoe']],
  ['Patient', 'birthdate', '1941-07', ['zoe']],
  ['Patient', 'birthdate', 'ne1941', ['jeanne']],
  ['Patient', 'birthdate', 'gt1938-02-11', ['paul', 'zoe']],
  ['Patient', 'birthdate', 'lt1941-07', ['jeanne', 'paul']],
  ['Patient', 'birthdate', 'ge1941-07', ['paul', 'zoe']],
  ['Patient', 'birthdate', 'le1938-02-11', ['jeanne']],
  ['Patient', 'birthdate', 'sa1938-02-11', ['paul', 'zoe']],
  ['Patient', 'birthdate', 'eb1941', ['jeanne']],
  ['Encounter', 'date', 'sa2025', ['stay']],
  ['Encounter', 'date', 'ge2030', ['stay']],
  ['Encounter', 'date', '2025-05', ['visit']],
  // In the server's zone, an hour ahead of UTC.
  ['Observation', 'date', '2026-01-11T09:30', ['weight']],
  ['Observation', 'date', '2026-01-11T08:30Z', ['weight']],
  ['Observation', 'date', '2026-01-11T08:30', []],
  ['Observation', 'date', 'lt2026-01-11T23:30:00Z', ['weight', 'pressure']],
];

const NUMBERS: Case[] = [
  ['RiskAssessment', 'probability', '0.85', ['fall']],
  ['RiskAssessment', 'probability', '0.9', ['fall']],
  ['RiskAssessment', 'probability', '0.90', []],
  ['RiskAssessment', 'probability', 'gt0.8', ['fall']],
  ['RiskAssessment', 'probability', 'eb0.85', []],
  ['RiskAssessment', 'probability', 'ap0.9', ['fall']],
  ['Observation', 'value-quantity', '62.5', ['weight']],
  ['Observation', 'value-quantity', `62500|${UCUM}|g`, ['weight']],
  ['Observation', 'value-quantity', `gt62499.9|${UCUM}|g`, ['weight']],
  ['Observation', 'value-quantity', `62.5|${UCUM}|g`, []],
  ['Observation', 'value-quantity', '62.5||kg', ['weight']],
  ['Observation', 'value-quantity', `lt0.1|${UCUM}|t`, ['weight']],
  ['Observation', 'component-value-quantity', `ge150|${UCUM}|mm[Hg]`, ['pressure']],
];

const OTHERS: Case[] = [
  ['Observation', 'code-value-quantity', '29463-7$gt60', ['weight']],
  ['Observation', 'code-value-quantity', `http://loinc.org|29463-7$62500|${UCUM}|g`, ['weight']],
  ['Observation', 'component-code-value-quantity', '8480-6$gt140', ['pressure']],
  ['Observation', 'component-code-value-quantity', '8462-4$gt140', []],
  ['Observation', 'subject', 'Patient/jeanne', ['weight']],
  ['Observation', 'subject', 'jeanne', ['weight']],
  ['Observation', 'subject:Patient', 'jeanne', ['weight']],
  ['Observation', 'subject:Device', 'jeanne', []],
  ['Encounter', 'subject:identifier', `${NS}/ipp|P-9`, ['visit']],
  ['ValueSet', 'url', 'https://dui-test.example/fhir/ValueSet/jdv-1', ['jdv']],
  ['ValueSet', 'url:below', 'https://dui-test.example/fhir/', ['jdv']],
  ['ValueSet', 'url:above', 'https://dui-test.example/fhir/ValueSet/jdv-1/2', ['jdv']],
  ['ValueSet', 'url', 'https://dui-test.example/fhir/', []],
  ['Location', 'near', '47.2|-1.5|10|km', ['nantes']],
  ['Location', 'near', '47.2|-1.5|10000|m', ['nantes']],
  ['Location', 'near', '47.2|-1.5|1000|km', ['nantes', 'lille']],
  ['Patient', '_text', 'recente', ['jeanne']],
  ['Patient', '_text', 'jeanne', []],
  ['Patient', '_content', 'CHUTE cecile', ['jeanne']],
  ['Observation', '_content', 'pesee', ['weight']],
  ['Patient', '_profile', 'https://dui-test.example/StructureDefinition/resident', ['jeanne']],
  ['Patient', '_source', 'urn:dui:one', ['jeanne']],
  ['Patient', '_id', 'paul,zoe,nobody', ['paul', 'zoe']],
  ['Patient', '_lastUpdated', 'gt2020', ['jeanne', 'paul', 'zoe']],
  ['Patient', '_lastUpdated', 'lt2020', []],
];

export async function values(t: Test, s: TestServer): Promise<void> {
  const rooms = { string: STRINGS, token: TOKENS, date: DATES, 'number and quantity': NUMBERS, others: OTHERS };
  for (const [room, cases] of Object.entries(rooms)) {
    await t.test(room, async (t) => {
      for (const [type, name, value, ids] of cases) {
        const answer = await s.call('GET', `/${type}?${queryOf([[name, value]])}`);
        t.same(
          [answer.status, answer.json.entry ? idsOf(answer).sort() : []],
          [200, [...ids].sort()],
          `${type}?${name}=${value}`,
        );
      }
    });
  }
  await t.test('repeated parameters must all hold; both forms of POST _search combine', async (t) => {
    t.same(idsOf(await s.call('GET', '/Patient?given=jeanne&given=cecile')), ['jeanne']);
    t.same(idsOf(await s.call('GET', '/Patient?given=jeanne&given=paul')), []);
    const form = { 'content-type': 'application/x-www-form-urlencoded' };
    t.same(idsOf(await s.call('POST', '/Patient/_search?birthdate=1941', 'gender=male', form)), ['paul']);
    t.same(idsOf(await s.call('POST', '/Patient/_search', 'family=martin&_sort=-birthdate', form)), ['paul', 'zoe']);
    t.same(idsOf(await s.call('POST', '/Patient/_search?family=martin', '', form)).sort(), ['paul', 'zoe']);
  });
}
