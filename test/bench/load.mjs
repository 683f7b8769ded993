/** Load by autocannon, bounded in time, with a fresh path or body for each request. */
import autocannon from 'autocannon';

/** Seconds of load before it counts, the same for each figure and each ceiling. */
const WARM_UP = 1;

/**
 * `request(i)` gives {method, path, body, headers}; resolves to the rate and to latencies in milliseconds, and fails on
 * any answer that is not 2xx.
 */
export async function load(base, { seconds, connections = 32, request }) {
  const url = new URL(base);
  let i = 0;
  const times = [];
  const run = autocannon({
    url: url.origin,
    connections,
    duration: seconds,
    warmup: { connections, duration: WARM_UP },
    requests: [
      {
        setupRequest(defaults) {
          const { method = 'GET', path, body, headers = {} } = request(i++);
          return {
            ...defaults,
            method,
            path: path.startsWith('http') ? path.slice(url.origin.length) : url.pathname.replace(/\/$/, '') + path,
            body,
            headers,
          };
        },
      },
    ],
  });
  run.on('response', (_client, _status, _bytes, time) => times.push(time));
  const result = await run;
  if (result.non2xx > 0 || result.errors > 0) {
    throw new Error(`${result.non2xx} answers were not 2xx, ${result.errors} failed`);
  }
  times.sort((a, b) => a - b);
  const at = (share) => Math.round((times[Math.floor(times.length * share)] ?? 0) * 10) / 10;
  return { perSecond: Math.round(result.requests.average), p50: at(0.5), p95: at(0.95), p99: at(0.99) };
}
