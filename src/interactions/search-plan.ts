/** `_explain=true`: how a search was done, as an entry of its Bundle. */
import type { OperationOutcome } from '@medplum/fhirtypes';
import type { SearchPlan } from '../store/store.js';

export function planOutcome({ indexes, keysExamined, resourcesRead }: SearchPlan): OperationOutcome {
  const line = (code: string, text: string): OperationOutcome['issue'] => [
    {
      severity: 'information',
      code: 'informational',
      details: { coding: [{ system: 'urn:passerelle:search-plan', code }], text },
      diagnostics: `${code}: ${text}`,
    },
  ];
  return {
    resourceType: 'OperationOutcome',
    issue: [
      ...line('indexes', indexes.join(', ')),
      ...line('keys-examined', String(keysExamined)),
      ...line('resources-read', String(resourcesRead)),
    ],
  };
}
