/** `$expand`: the codes of a value set. https://hl7.org/fhir/R4/valueset-operation-expand.html */
import { randomUUID } from 'node:crypto';
import type { ValueSet } from '@medplum/fhirtypes';
import type { Context, InteractionRequest, Result } from '../interactions/interaction.js';
import { fold } from '../search/fold.js';
import { everyWay } from './every-way.js';
import { Input } from './parameters.js';
import { allCodes, askedSet, ownDisplays } from './terminology.js';

const KNOWN = ['url', 'valueSet', 'valueSetVersion', 'filter', 'offset', 'count'];

export const EXPAND = everyWay(
  { name: 'expand', definitions: { ValueSet: 'http://hl7.org/fhir/OperationDefinition/ValueSet-expand' } },
  ['type', 'instance'],
  expand,
);

async function expand(request: InteractionRequest, context: Context): Promise<Result> {
  const input = Input.of(request, context, KNOWN, 'valueSet');
  const filter = input.text('filter') ?? '';
  const [offset = 0, count] = [input.whole('offset'), input.whole('count')];
  const asked = await askedSet(input, request, context);
  const { known } = context.services;
  const own = ownDisplays(asked, context);
  const all = allCodes(asked, context).map(({ system, code }) => {
    const display = own.get(system)?.get(code) ?? known.codeSystemTexts(system)?.displays.get(code);
    return { system, code, ...(display !== undefined && { display }) };
  });
  const wanted = fold(filter);
  const found =
    wanted === '' ? all : all.filter(({ code, display = '' }) => fold(`${code} ${display}`).includes(wanted));
  const page = found.slice(offset, count === undefined ? undefined : offset + count);
  const answer: ValueSet = {
    resourceType: 'ValueSet',
    ...(input.text('url') !== undefined && { url: (input.text('url') as string).split('|')[0] as string }),
    status: 'active',
    expansion: {
      identifier: `urn:uuid:${randomUUID()}`,
      timestamp: new Date().toISOString(),
      total: found.length,
      offset,
      parameter: [
        ...(filter === '' ? [] : [{ name: 'filter', valueString: filter }]),
        ...(count === undefined ? [] : [{ name: 'count', valueInteger: count }]),
        { name: 'offset', valueInteger: offset },
      ],
      ...(page.length > 0 && { contains: page }),
    },
  };
  return { status: 200, text: JSON.stringify(answer) };
}
