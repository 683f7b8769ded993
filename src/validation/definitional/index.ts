/** Rules on resources that define: what they say of themselves, and of other definitions that are known. */
import type { Definitions } from '../../r4/definitions/index.js';
import type { Check } from '../plan.js';
import { CANONICAL_TYPES, checkCanonicalUrl } from './canonical.js';
import { capabilityStatementCheck } from './capability-statement.js';
import { codeSystemCheck } from './code-system.js';
import { searchParameterCheck } from './search-parameter.js';
import { structureDefinitionCheck } from './structure-definition.js';
import { valueSetCheck } from './value-set.js';

/** One check a type. */
export function definitionalChecks(definitions: Definitions): Map<string, Check> {
  const own = new Map<string, Check>([
    ['CapabilityStatement', capabilityStatementCheck(definitions)],
    ['CodeSystem', codeSystemCheck(definitions)],
    ['SearchParameter', searchParameterCheck(definitions)],
    ['StructureDefinition', structureDefinitionCheck(definitions)],
    ['ValueSet', valueSetCheck(definitions)],
  ]);
  const both =
    (check: Check): Check =>
    (value, at, run) => {
      const ok = checkCanonicalUrl(value, at, run);
      return (ok || at !== undefined) && check(value, at, run) && ok;
    };
  return new Map(
    CANONICAL_TYPES.map((type) => {
      const check = own.get(type);
      return [type, check === undefined ? checkCanonicalUrl : both(check)];
    }),
  );
}
