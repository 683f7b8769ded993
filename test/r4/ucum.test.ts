/** Units that compare, and those that only compare with themselves. */
import t from 'tap';
import { canonical } from '../../src/r4/ucum.js';

t.test('one kind, one base unit', async (t) => {
  t.same(canonical(5.4, 'mg'), { value: 0.0054, unit: 'g' });
  t.same(canonical(62.5, 'kg'), { value: 62_500, unit: 'g' });
  t.equal(canonical(1, '[lb_av]')?.value, 453.59237);
  t.same(canonical(120, 'mm[Hg]')?.unit, canonical(16, 'kPa')?.unit);
  t.equal(canonical(1, 'L')?.value, canonical(1000, 'mL')?.value);
  t.equal(canonical(90, 'min')?.value, canonical(1.5, 'h')?.value);
  t.equal(canonical(37, 'Cel')?.value, canonical(310.15, 'K')?.value, 'temperatures have an offset');
  t.same(canonical(50, '%'), { value: 0.5, unit: '1' });
});

t.test('what has no fixed step to base units, or is no unit', async (t) => {
  for (const code of [
    '[pH]',
    '[iU]',
    'nothing',
    '',
    'kg kg',
    'g]',
    '((',
    'x'.repeat(200),
    '__proto__',
    'constructor',
  ]) {
    t.equal(canonical(1, code), undefined, code.slice(0, 20));
  }
});

t.test('numbers stay numbers', async (t) => {
  t.equal(canonical(1e308, 'kg')?.value, 1.79769313486e308);
  t.equal(canonical(-1e308, 'kg')?.value, -1.79769313486e308);
  t.equal(canonical(0, 'kg')?.value, 0);
});
