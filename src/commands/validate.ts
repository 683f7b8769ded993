/** `passerelle validate FILE...`: a readable report for each file; exit code 1 when one has errors. */
import { readFileSync } from 'node:fs';
import { Definitions } from '../r4/definitions/index.js';
import { FhirError } from '../r4/errors.js';
import { decodeUtf8, parseObject } from '../r4/json.js';
import { outcomeOfError, outcomeOfIssues } from '../r4/outcome.js';
import { createValidator, type Validator } from '../validation/index.js';

export async function validate(files: readonly string[]): Promise<number> {
  if (files.length === 0) {
    console.error('Usage: passerelle validate FILE...');
    return 2;
  }
  const validator = createValidator(Definitions.load());
  let failed = 0;
  for (const file of files) if (!report(file, validator)) failed++;
  console.log(`${files.length - failed} of ${files.length} valid`);
  return failed === 0 ? 0 : 1;
}

/** Prints what was found; false when the file has errors. */
function report(file: string, validator: Validator): boolean {
  let bytes: Buffer;
  try {
    bytes = readFileSync(file);
  } catch (error) {
    console.log(`${file}: cannot be read (${(error as NodeJS.ErrnoException).code})`);
    return false;
  }
  try {
    const scanned = parseObject(decodeUtf8(bytes));
    const issues = validator.validate(scanned.value, { rawNumbers: scanned.rawNumbers });
    const errors = issues.filter((issue) => issue.severity === 'error' || issue.severity === 'fatal');
    console.log(`${file}: ${errors.length === 0 ? 'valid' : 'not valid'} (${String(scanned.value.resourceType)})`);
    for (const issue of outcomeOfIssues(issues, 'en').issue ?? []) {
      console.log(`  ${issue.severity} at ${issue.expression?.[0]}: ${issue.details?.text}`);
    }
    return errors.length === 0;
  } catch (error) {
    if (!(error instanceof FhirError)) throw error;
    console.log(`${file}: not valid`);
    for (const issue of outcomeOfError(error, 'en').issue ?? [])
      console.log(`  ${issue.severity}: ${issue.details?.text}`);
    return false;
  }
}
