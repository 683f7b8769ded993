import t from 'tap';
import { dateRange } from '../../src/r4/dates.js';

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const at = (text: string) => Date.parse(text);

t.test('ranges by precision', async (t) => {
  const cases: [string, string, string, string][] = [
    ['2026', 'UTC', '2026-01-01T00:00:00Z', '2027-01-01T00:00:00Z'],
    ['2026-02', 'UTC', '2026-02-01T00:00:00Z', '2026-03-01T00:00:00Z'],
    ['2024-02-29', 'UTC', '2024-02-29T00:00:00Z', '2024-03-01T00:00:00Z'],
    ['2026-01-01', 'Europe/Paris', '2025-12-31T23:00:00Z', '2026-01-01T23:00:00Z'],
    ['2026-07-01', 'Europe/Paris', '2026-06-30T22:00:00Z', '2026-07-01T22:00:00Z'],
    ['2026-07-01T08:30', 'Europe/Paris', '2026-07-01T06:30:00Z', '2026-07-01T06:31:00Z'],
    ['2026-07-01T08:30:15Z', 'Europe/Paris', '2026-07-01T08:30:15Z', '2026-07-01T08:30:16Z'],
    ['2026-07-01T08:30:15.5+02:00', 'UTC', '2026-07-01T06:30:15.500Z', '2026-07-01T06:30:15.600Z'],
    ['2026-07-01T08:30:15.123-05:00', 'UTC', '2026-07-01T13:30:15.123Z', '2026-07-01T13:30:15.124Z'],
  ];
  for (const [text, zone, low, high] of cases)
    t.same(dateRange(text, zone), { low: at(low), high: at(high) }, `${text} ${zone}`);
});

t.test('days on which the clocks change', async (t) => {
  const spring = dateRange('2026-03-29', 'Europe/Paris');
  t.equal((spring?.high ?? 0) - (spring?.low ?? 0), 23 * HOUR);
  const autumn = dateRange('2026-10-25', 'Europe/Paris');
  t.equal((autumn?.high ?? 0) - (autumn?.low ?? 0), 25 * HOUR);
  const plain = dateRange('2026-10-26', 'Europe/Paris');
  t.equal((plain?.high ?? 0) - (plain?.low ?? 0), DAY);
});

t.test('what is no date', async (t) => {
  for (const text of [
    '',
    '26',
    '2026-13',
    '2026-02-30',
    '2023-02-29',
    '0000',
    '2026-1-1',
    '2026-01-01T25:00Z',
    '2026-01-01T10',
    '2026-01-01T10:00:00+15:00',
    '2026-01-01 10:00',
    ' 2026',
    '2026-01-01Z',
    'today',
  ]) {
    t.equal(dateRange(text, 'UTC'), undefined, text);
  }
});
