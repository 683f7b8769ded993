/** Data files of the operator: JSON that a JSON Schema describes. https://json-schema.org/draft-07 */
import { Ajv, type JSONSchemaType } from 'ajv';
import { BadFile, textOf } from './text-file.js';

/** What the file holds, as the schema says it. Throws BadFile. */
export function readDataFile<T>(path: string, schema: JSONSchemaType<T>): T {
  const text = textOf(path);
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new BadFile(`${path} is not JSON`);
  }
  const validate = new Ajv({ allowUnionTypes: true }).compile(schema);
  if (validate(value)) return value;
  const [{ instancePath, message, params } = { instancePath: '', message: '', params: {} }] = validate.errors ?? [];
  const extra = 'additionalProperty' in params ? ` (${params.additionalProperty})` : '';
  throw new BadFile(`${path} at ${instancePath || '/'} ${message}${extra}`);
}
