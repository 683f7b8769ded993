/** Which interaction an entry of a Bundle asks for: by its method and URL, as the routes do. https://hl7.org/fhir/R4/http.html#transaction */
import { FhirError } from '../r4/errors.js';
import { nearMiss } from '../r4/near-miss.js';
import { pairsOf } from '../search/query-string.js';
import type { Context, Interaction } from './interaction.js';

export interface EntryRoute {
  interaction: Interaction;
  type: string;
  id: string;
  vid: string;
  member: string;
  parameters: [string, string][];
  /** The query string as it stands. */
  query: string;
}

/**
 * `url` is relative to the base, or below it. `type` is that of the entry's resource, which under lenient handling
 * stands for a first step that names none: TDDUI's own examples name a profile there.
 * Throws `bad-entry`, `unknown-type`, `bad-url`.
 */
export function entryRoute(method: string, url: string, type: string | undefined, context: Context): EntryRoute {
  const { services, baseUrl, lenient } = context;
  const relative = url.startsWith(`${baseUrl}/`) ? url.slice(baseUrl.length + 1) : url.replace(/^\//, '');
  const mark = relative.indexOf('?');
  const query = mark < 0 ? '' : relative.slice(mark + 1);
  const steps = (mark < 0 ? relative : relative.slice(0, mark)).split('/').filter((step) => step !== '');
  const [first = ''] = steps;
  if (/^[A-Za-z]+$/.test(first) && !services.types.has(first) && first !== 'metadata') {
    const isNamed =
      lenient && method === 'POST' && steps.length === 1 && type !== undefined && services.types.has(type);
    if (!isNamed)
      throw new FhirError('unknown-type', { type: first.slice(0, 64), near: nearMiss(first, services.types) });
    steps[0] = type;
  }
  const verb = method === 'HEAD' ? 'GET' : method;
  const fitting = services.interactions.filter((one) => one.method === verb && fits(one.path, steps));
  // `_history` is no id.
  const [interaction] = fitting.sort((a, b) => variables(a.path) - variables(b.path));
  if (interaction === undefined || interaction.path === '/')
    throw new FhirError('bad-entry', { method, url: shown(url) });
  const found: Record<string, string> = {};
  interaction.path
    .split('/')
    .filter((step) => step !== '')
    .forEach((step, i) => {
      if (step.startsWith(':')) found[step.slice(1)] = steps[i] as string;
    });
  const { operation } = interaction;
  if (operation !== undefined && 'definitions' in operation && !((found.type ?? '') in operation.definitions)) {
    throw new FhirError('bad-entry', { method, url: shown(url) });
  }
  const { type: named = interaction.type ?? '', id = '', vid = '', member = '' } = found;
  const parameters = pairsOf(query).filter(([name]) => name !== '_format' && name !== '_pretty');
  return { interaction, type: named, id, vid, member, parameters, query };
}

/** Without what may name somebody. */
const shown = (url: string): string => (url.split('?')[0] as string).slice(0, 100);

const variables = (path: string): number => path.split('/').filter((step) => step.startsWith(':')).length;

function fits(path: string, steps: readonly string[]): boolean {
  const shape = path.split('/').filter((step) => step !== '');
  return (
    shape.length === steps.length &&
    shape.every(
      (step, i) => step === steps[i] || (step.startsWith(':') && /^[A-Za-z0-9.*-]+$/.test(steps[i] as string)),
    )
  );
}
