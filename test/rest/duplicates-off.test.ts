/** DUPLICATES=off does not look. */
import t from 'tap';
import { patient, startServer } from '../support/server.js';

t.test('who is there is not named', async (t) => {
  const { call, close } = await startServer({ DUPLICATES: 'off' });
  t.teardown(close);
  await call('POST', '/Patient', patient());
  t.equal((await call('POST', '/Patient', patient())).headers.get('warning'), null);
});
