/** What a setting costs: the same requests to a server with it and to one without, in turns, each on its own store. */
import { fillWith, openStore } from './fill.mjs';
import { load } from './load.mjs';
import { familyOf, patientNumber } from './people.mjs';
import { startServer } from './processes.mjs';

const PEOPLE = 5000;
const ROUNDS = 5;

const FIGURES = {
  'GET Patient/id': (i) => ({ path: `/Patient/p${(i * 7919) % PEOPLE}` }),
  'GET Patient?family=': (i) => ({ path: `/Patient?family=${encodeURIComponent(familyOf((i * 7919) % PEOPLE))}` }),
};

const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/**
 * Percent of the rate that `settings` take. `addresses` are two stores that are empty; `headers(base)` are sent to the
 * server with the settings. Of each round the ratio is taken, so that what else the machine does falls on both.
 */
export async function measureCost({ name, addresses, settings, headers = () => ({}), what, bar, seconds, row }) {
  for (const address of addresses) {
    const { services, close } = await openStore(address);
    const people = Array.from({ length: PEOPLE }, (_, i) => ({ ...patientNumber(i), id: `p${i}` }));
    await fillWith(services, people);
    await close();
  }
  const [plain, costly] = await Promise.all([startServer(addresses[0]), startServer(addresses[1], settings)]);
  const own = await headers(costly.base);
  try {
    for (const [figure, request] of Object.entries(FIGURES)) {
      const ratios = [];
      for (let round = 0; round < ROUNDS; round++) {
        const without = await load(plain.base, { seconds: Math.max(1, seconds / 2), request });
        const withIt = await load(costly.base, {
          seconds: Math.max(1, seconds / 2),
          request: (i) => ({ ...request(i), headers: own }),
        });
        ratios.push(withIt.perSecond / without.perSecond);
      }
      const cost = Math.round((1 - median(ratios)) * 1000) / 10;
      row(name, PEOPLE, `${what}: ${figure}`, cost, '% less', `at most ${bar} %`);
    }
  } finally {
    await Promise.all([plain.stop(), costly.stop()]);
  }
}
