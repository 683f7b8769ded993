/** What keeps a document from being sent, collected so that its author learns all of it at once. */
import type { DmpKey } from '../r4/dmp-messages.js';
import type { Bilingual, Params } from '../r4/errors.js';

/** One finding: `key` is a row of DMP_MESSAGES, `expression` a FHIRPath, or a path in the CDA. No value of a patient. */
export interface Fault {
  readonly key: DmpKey;
  readonly params: Params;
  readonly expression: string;
}

export class Faults {
  readonly all: Fault[] = [];

  /** Notes a finding; gives `undefined`, so that it can stand for the value that is not there. */
  add(key: DmpKey, expression: string, params: Params = {}): undefined {
    this.all.push({ key, params, expression });
    return undefined;
  }

  missing(expression: string, en: string, fr: string): undefined {
    const what: Bilingual = { en, fr };
    return this.add('dmp-missing', expression, { what });
  }
}
