import t from 'tap';
import { type FilterExpression, FilterSyntaxError, parseFilter } from '../../src/search/filter-syntax.js';

/** The tree on one line, fully bracketed: `(a eq 1 and b eq "2")`. */
function shown(filter: FilterExpression): string {
  if (filter.op === 'not') return `not(${shown(filter.of)})`;
  if (filter.op !== 'compare') return `(${shown(filter.left)} ${filter.op} ${shown(filter.right)})`;
  const path = filter.path.map(
    ({ name, type, filter }) => `${name}${type ? `:${type}` : ''}${filter ? `[${shown(filter)}]` : ''}`,
  );
  return `${path.join('.')} ${filter.operator} ${filter.quoted ? JSON.stringify(filter.value) : filter.value}`;
}
function failure(text: string): FilterSyntaxError {
  try {
    parseFilter(text);
  } catch (error) {
    if (error instanceof FilterSyntaxError) return error;
    throw error;
  }
  throw new Error(`no error for ${text}`);
}

t.test('a test is a path, an operator and a value', async (t) => {
  t.strictSame(parseFilter('given eq "pierre"'), {
    op: 'compare',
    path: [{ name: 'given' }],
    operator: 'eq',
    value: 'pierre',
    quoted: true,
  });
  t.strictSame(parseFilter(' subject:Patient.birthdate  ge\t1950-01 '), {
    op: 'compare',
    path: [{ name: 'subject', type: 'Patient' }, { name: 'birthdate' }],
    operator: 'ge',
    value: '1950-01',
    quoted: false,
  });
  for (const text of [
    'code eq http://loinc.org|1234-5',
    'subject.name co "ker"',
    'subject:Patient.general-practitioner.name sw "Le G"',
    'code in http://passerelle.example/vs',
    '_id ne a(b',
    'name eq and',
    'not eq 1',
    'active pr false',
    'status pr "true"',
    'related[type eq "has-component"].target re Observation/4',
    'related[(type eq "a" or type eq "]")].target[x eq 1].y pr true',
  ])
    t.equal(shown(parseFilter(text)), text, text);
  for (const operator of 'eq ne co sw ew gt lt ge le ap sa eb pr po ss sb in ni re'.split(' '))
    t.equal(shown(parseFilter(`p ${operator} true`)), `p ${operator} true`);
});

t.test('and, or, not and parentheses', async (t) => {
  const cases = {
    'given eq "pierre" and birthdate ge 2014-10-10': '(given eq "pierre" and birthdate ge 2014-10-10)',
    'a eq 1 or b eq 2 and c eq 3': '((a eq 1 or b eq 2) and c eq 3)',
    'a eq 1 and b eq 2 or c eq 3': '((a eq 1 and b eq 2) or c eq 3)',
    'a eq 1 or (b eq 2 and c eq 3)': '(a eq 1 or (b eq 2 and c eq 3))',
    'not(a eq 1) and b eq 2': '(not(a eq 1) and b eq 2)',
    'not ( not (a eq 1) )': 'not(not(a eq 1))',
    '((a eq 1))and(b eq 2)': '(a eq 1 and b eq 2)',
    'order eq 1 or android eq 2': '(order eq 1 or android eq 2)',
    'a\u00a0eq\u20091\u0085or\u3000b eq 2': '(a eq 1 or b eq 2)',
  };
  for (const [text, tree] of Object.entries(cases)) t.equal(shown(parseFilter(text)), tree, text);
});

t.test('a string is a JSON string', async (t) => {
  const value = (text: string) => (parseFilter(`p eq ${text}`) as { value: string }).value;
  for (const text of ['', 'a b) c] d', '"\\/\b\f\n\r\t', 'é\u{1f600}\u2028', '{"a":["b"]}'])
    t.equal(value(JSON.stringify(text)), text);
  t.equal(value('"\\/\\u00e9\\uD83D\\ude00\\u0022"'), '/é\u{1f600}"');
});

t.test('an error says where and what was expected', async (t) => {
  const cases: [text: string, at: number, en: RegExp, fr: RegExp][] = [
    ['', 1, /search parameter or "\(" is expected$/, /« \( » est attendu$/],
    ['  ', 3, /search parameter/, /paramètre/],
    ['1a eq 1', 1, /search parameter.*not "1a eq 1"/, /et non « 1a eq 1 »/],
    ['given', 6, /one of eq, ne/, /l’un de eq, ne/],
    ['given=x', 6, /one of eq, ne.*not "=x"/, /l’un de/],
    ['given EQ x', 7, /one of eq, ne.*not "EQ x"/, /l’un de/],
    ['given equal x', 7, /one of eq/, /l’un de/],
    ['given eq', 9, /a value is expected$/, /une valeur est attendue$/],
    ['(given eq )', 11, /a value/, /une valeur/],
    ['given eq"x"', 7, /one of eq/, /l’un de/],
    ['given eq x y', 12, /"and", "or" or the end/, /« and », « or » ou la fin/],
    ['given eq x AND a eq 1', 12, /"and", "or" or the end/, /« and »/],
    ['given eq "x"y', 13, /"and", "or" or the end/, /« and »/],
    ['given eq x)', 11, /or the end/, /ou la fin/],
    ['given eq x and', 15, /search parameter/, /paramètre/],
    ['(given eq x', 12, /"\)" is expected/, /« \) » est attendu/],
    ['(given eq x]', 12, /"\)" is expected, not "\]"/, /« \) »/],
    ['a[b eq 1', 9, /"\]" is expected/, /« \] »/],
    ['a[b eq 1] eq 2', 10, /"\." and a name/, /« \. » puis un nom/],
    ['a[].b eq 2', 3, /search parameter/, /paramètre/],
    ['a..b eq 2', 3, /name of a search parameter/, /nom d’un paramètre/],
    ['a:.b eq 2', 3, /resource type/, /type de ressource/],
    ['a pr maybe', 6, /true or false/, /true ou false/],
    ['a eq "b', 8, /closing quotation mark/, /guillemet fermant/],
    ['a eq "b\\', 8, /JSON escape/, /échappement JSON/],
    ['a eq "\\x"', 7, /JSON escape/, /échappement JSON/],
    ['a eq "\\u12G4"', 7, /JSON escape/, /échappement JSON/],
    ['a eq "b\nc"', 8, /control character/, /caractère de contrôle/],
    ['a eq "\u{1f600}" b', 10, /the end is expected, not "b"/, /ou la fin/],
  ];
  for (const [text, at, en, fr] of cases) {
    const error = failure(text);
    t.equal(error.at, at, text);
    t.match(error.reason.en, en, text);
    t.match(error.reason.fr, fr, text);
    t.match(error.reason.en, `at character ${at},`);
    t.match(error.reason.fr, `au caractère ${at},`);
  }
});

t.test('depth, tests and time are bounded', async (t) => {
  const nested = (depth: number) => `${'('.repeat(depth)}a eq 1${')'.repeat(depth)}`;
  t.equal(shown(parseFilter(nested(32))), 'a eq 1');
  t.match(failure(nested(33)), { at: 33, reason: { en: /at most 32/, fr: /au plus 32/ } });
  const inner = (depth: number) => `${'a['.repeat(depth)}a eq 1${'].b eq 1'.repeat(depth)}`;
  t.match(shown(parseFilter(inner(32))), /^a\[a\[/);
  t.match(failure(inner(33)).reason.en, /at most 32/);
  const many = (tests: number) => Array(tests).fill('a eq 1').join(' or ');
  t.match(shown(parseFilter(many(256))), /^\(\(\(/);
  t.match(failure(many(257)), { at: 256 * 10 + 1, reason: { en: /at most 256/, fr: /au plus 256/ } });
  const start = performance.now();
  for (const head of ['a eq "', 'a eq ', 'a', 'a eq 1', 'not('])
    for (const part of ['\\\\', ' ', '(', '[', 'x', '.a', ':A', '"', ' and', '\u0301'])
      t.doesNotThrow(() => {
        try {
          parseFilter(head + part.repeat(200_000));
        } catch (error) {
          if (!(error instanceof FilterSyntaxError)) throw error;
        }
      });
  t.ok(performance.now() - start < 5_000, 'long texts take a time that grows with their length');
});
