/** Range: what is asked of so many bytes. */
import t from 'tap';
import { byteRange } from '../../src/rest/byte-range.js';

t.test('ranges', async (t) => {
  const cases: readonly [string | undefined, number, ReturnType<typeof byteRange>][] = [
    [undefined, 10, 'whole'],
    ['bytes=0-3', 10, { start: 0, end: 3 }],
    ['bytes=4-', 10, { start: 4, end: 9 }],
    ['bytes=-3', 10, { start: 7, end: 9 }],
    ['bytes=-30', 10, { start: 0, end: 9 }],
    ['bytes=5-99', 10, { start: 5, end: 9 }],
    ['BYTES = 9 - 9', 10, { start: 9, end: 9 }],
    ['bytes=10-', 10, 'none'],
    ['bytes=10-20', 10, 'none'],
    ['bytes=-0', 10, 'none'],
    ['bytes=0-', 0, 'none'],
    ['bytes=-1', 0, 'none'],
    ['bytes=3-2', 10, 'whole'],
    ['bytes=0-1,3-4', 10, 'whole'],
    ['bytes=-', 10, 'whole'],
    ['bytes=a-b', 10, 'whole'],
    ['items=0-3', 10, 'whole'],
    ['', 10, 'whole'],
  ];
  for (const [header, size, wanted] of cases) t.same(byteRange(header, size), wanted, `${header} of ${size}`);
});
