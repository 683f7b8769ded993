import { readFileSync } from 'node:fs';
import t from 'tap';
import { fold } from '../../src/search/fold.js';
import { contentWords, wordsOf } from '../../src/search/words.js';
import { textOfXhtml } from '../../src/search/xhtml-text.js';

const fixture = (name: string): unknown =>
  JSON.parse(readFileSync(new URL(`../../fixtures/${name}.json`, import.meta.url), 'utf8'));

t.test('text to folded words', async (t) => {
  const cases: Record<string, string[]> = {
    'Chute à l’Hôpital, le 3 MARS': ['chute', 'a', 'l', 'hopital', 'le', '3', 'mars'],
    "l'hôpital d`Arc dʼArc": ['l', 'hopital', 'd', 'arc', 'd', 'arc'],
    'Jean-Pierre jean‐pierre': ['jean', 'pierre', 'jean', 'pierre'],
    'Kérouédan Ke\u0301roue\u0301dan': ['kerouedan', 'kerouedan'],
    'Lœuvre cœur ÆTHER Straße İ': ['loeuvre', 'coeur', 'aether', 'strasse', 'i'],
    'ﬁnesse Łukasz Ωmega Москва': ['finesse', 'lukasz', 'ωmega', 'москва'],
    '2,5mg\u00a0x\u20093': ['2', '5mg', 'x', '3'],
    '漢字 \u{20000}\u{1f600}\u{20001}': ['漢字', '\u{20000}', '\u{20001}'],
    ' - … \u0301 \ud800 ': [],
    '': [],
  };
  for (const [text, words] of Object.entries(cases)) t.strictSame(wordsOf(text), words, text);
});

t.test('a word folds as the string search folds it', async (t) => {
  for (let code = 1; code < 0x600; code++) {
    const letter = String.fromCharCode(code);
    const words = wordsOf(`A${letter}Z`);
    t.strictSame(words, words.length > 1 ? ['a', 'z'] : [fold(`A${letter}Z`)], `U+${code.toString(16)}`);
  }
});

t.test('a long word is cut, never within a character', async (t) => {
  t.strictSame(wordsOf('x'.repeat(61)), ['x'.repeat(60)]);
  t.strictSame(wordsOf('é'.repeat(61)), ['e'.repeat(60)]);
  t.strictSame(wordsOf(`${'x'.repeat(59)}\u{20000}y`), ['x'.repeat(59)]);
  t.strictSame(wordsOf(`${'x'.repeat(58)}\u{20000}y`), [`${'x'.repeat(58)}\u{20000}`]);
});

t.test('the text of a narrative', async (t) => {
  const words = (xhtml: string) => wordsOf(textOfXhtml(xhtml));
  t.strictSame(words('<div xmlns="http://www.w3.org/1999/xhtml"><p>Un</p><p>deux<br/>trois</p></div>'), [
    'un',
    'deux',
    'trois',
  ]);
  t.strictSame(words('H<sub>2</sub>O <td>a</td><td>b</td>'), ['h2o', 'a', 'b']);
  t.strictSame(words('un<!-- deux > <b> -->trois'), ['untrois']);
  t.strictSame(words('<a title="x > y" href=\'z > t\'>lien</a><img alt="photo"/>'), ['lien']);
  t.strictSame(words('d&#233;c&#xE8;s&nbsp;&amp;&lt;b&gt;&quot;&apos;non'), ['deces', 'b', 'non']);
  t.strictSame(words('a&#x110000;b &#9999999;'), ['a', 'b']);
  for (const open of ['<p', '<p a="', '<!-- ']) t.strictSame(words(`un ${open} deux`), ['un'], open);
});

t.test('what a resource says', async (t) => {
  const { narrative, content } = contentWords({
    resourceType: 'Observation',
    id: 'identifiant',
    meta: { tag: [{ display: 'Etiquette' }] },
    language: 'fr',
    text: { status: 'generated', div: '<div>Tension &lt; normale, tension basse</div>' },
    contained: [
      {
        resourceType: 'Practitioner',
        id: 'p',
        text: { div: '<p class="x">Docteur</p>' },
        name: [{ family: 'Le Goff' }],
      },
    ],
    identifier: [{ use: 'official', system: 'http://exemple.fr/id', value: 'AB-42', type: { text: 'Dossier' } }],
    status: 'final',
    _status: { extension: [{ url: 'note', valueString: 'Relu' }] },
    code: { coding: [{ system: 'urn:oid:1.2.3', code: '8480-6', display: 'Systolic' }], text: 'Pression basse' },
    subject: {
      reference: 'Patient/kerouedan',
      type: 'Patient',
      display: 'Mme Kérouédan',
      identifier: { value: '1950' },
    },
    effectiveDateTime: '2026-02-01T08:30:00+01:00',
    issued: '2026-02-01T08:30:00.123Z',
    valueTime: '08:30:00',
    birthDate: '1950-06',
    valueUri: 'https://exemple.fr/valeur',
    canonical: ['mailto:quelqu@exemple.fr', 'urn:uuid:0b2b2b2b'],
    valueAttachment: { contentType: 'text/plain', data: 'Z2Fy', hash: 'aGFzaA==', title: 'Compte rendu' },
    communication: { language: { text: 'Breton' }, type: ['genre'] },
    gender: 'female',
    provision: { data: [{ meaning: 'proche' }] },
    note: [{ text: 'Voir https://exemple.fr : repos' }],
    valueQuantity: { value: 12, unit: 'mmHg' },
    active: true,
    nothing: null,
  });
  t.strictSame(narrative, ['tension', 'normale', 'basse']);
  t.strictSame(
    content,
    [
      'tension normale basse docteur le goff ab 42 dossier relu systolic pression mme kerouedan 1950',
      'compte rendu breton proche voir https exemple fr repos mmhg',
    ]
      .join(' ')
      .split(' '),
  );
  for (const nothing of [{}, { text: null }, { text: { div: 3 } }, { text: 'div' }, null, 'x', []])
    t.strictSame(contentWords(nothing).narrative, []);
  t.strictSame(
    contentWords({ text: 'Texte', div: 'autre' }).content,
    ['texte', 'autre'],
    'no narrative, plain strings',
  );
});

t.test('fixtures', async (t) => {
  const plan = contentWords(fixture('care-plan'));
  t.strictSame(plan.narrative, []);
  for (const word of ['chorale', 'kinesitherapie', 'personnalise', '2026', '004217'])
    t.ok(plan.content.includes(word), word);
  for (const word of ['reference', 'active', 'resident', 'kerouedan', 'https'])
    t.notOk(plan.content.includes(word), word);
  t.ok(contentWords(fixture('patient-ins')).content.length > 20);
});

t.test('words, lengths and time are bounded', async (t) => {
  const many = Array.from({ length: 3_000 }, (_, i) => `m${i}`).join(' ');
  const both = contentWords({ title: 'Avant', text: { div: `<div>${many}</div>` }, note: [{ text: 'après' }] });
  t.equal(both.narrative.length, 2_000);
  t.equal(both.narrative.at(-1), 'm1999');
  t.equal(both.content.length, 2_000);
  t.strictSame([both.content[0], both.content.at(-1)], ['avant', 'm1998']);
  const full = contentWords({ note: [{ text: many }], text: { div: '<div>fin</div>' } });
  t.strictSame(full.narrative, ['fin'], 'a narrative is read even when the content is full');
  t.strictSame(contentWords({ title: `${'x '.repeat(50_000)}fin` }).content, ['x'], 'a long string is cut');
  t.strictSame(contentWords({ text: { div: `${'x '.repeat(50_000)}fin` } }).content, ['x'], 'a long narrative is cut');
  const start = performance.now();
  for (const part of ['<', '<!--', '<a "', '&', '&#', '<b>', "<'", 'é', '\u0301', '"<'])
    textOfXhtml(part.repeat(300_000));
  for (const part of ['a:', 'urn:', '1', '2026-', '\u0301', '\u{20000}', 'é'])
    contentWords({ title: part.repeat(300_000), text: { div: part.repeat(300_000) } });
  t.ok(performance.now() - start < 5_000, 'whatever comes in, the time grows with its length');
});
