/** The wait of who fails: a bucket for each address, within bounded memory. */
import t from 'tap';
import { FailedAttempts } from '../../src/access/failed-attempts.js';

t.test('a burst is free, then one a second', async (t) => {
  let now = 0;
  const failed = new FailedAttempts(3, () => now);
  for (let i = 0; i < 3; i++) {
    t.equal(failed.wait('192.0.2.1'), 0);
    failed.failed('192.0.2.1');
  }
  t.equal(failed.wait('192.0.2.1'), 1);
  t.equal(failed.wait('192.0.2.2'), 0, 'another address does not wait');
  now = 1000;
  t.equal(failed.wait('192.0.2.1'), 0);
  failed.failed('192.0.2.1');
  t.equal(failed.wait('192.0.2.1'), 1);
  now = 60_000;
  for (let i = 0; i < 3; i++) failed.failed('192.0.2.1');
  t.equal(failed.wait('192.0.2.1'), 1, 'a long time fills the bucket and no more');
});

t.test('an address of IPv6 stands for its network', async (t) => {
  const failed = new FailedAttempts(1, () => 0);
  failed.failed('2001:db8:0:1::5');
  t.equal(failed.wait('2001:0db8:0000:0001:ffff::1'), 1);
  t.equal(failed.wait('2001:db8::1:5'), 0);
  failed.failed('::1');
  t.equal(failed.wait('::1'), 1);
});

t.test('the oldest is forgotten', async (t) => {
  const failed = new FailedAttempts(1, () => 0);
  failed.failed('first');
  for (let i = 0; i < 10_000; i++) failed.failed(`address-${i}`);
  t.equal(failed.wait('first'), 0);
  t.equal(failed.wait('address-9999'), 1);
});
