/** Resources in files: read, validated, told. One result for each resource. */
import { readFileSync } from 'node:fs';
import type { OperationOutcome } from '@medplum/fhirtypes';
import { packageLine, readPackages } from '../../packages.js';
import { Definitions } from '../../r4/definitions/index.js';
import { shapesOf } from '../../r4/definitions/shapes.js';
import { FhirError, type Issue, isError, type Language } from '../../r4/errors.js';
import { decodeUtf8, parseObject } from '../../r4/json.js';
import { outcomeOfError, outcomeOfIssues, outcomeOfSuccess, withPositions } from '../../r4/outcome.js';
import { jsonOfXml } from '../../r4/xml/read.js';
import { createValidator, type Validator, type ValidatorSettings } from '../../validation/index.js';

export interface CheckOptions {
  profiles: readonly string[];
  /** Folders, `.tgz` files or `name#version` of the cache. */
  packages: readonly string[];
  cache: string;
  language: Language;
  settings: ValidatorSettings;
}

export interface Result {
  file: string;
  /** In a file with one resource a line. */
  line?: number;
  resourceType?: string;
  valid: boolean;
  outcome: OperationOutcome;
}

export class Checker {
  readonly definitions = Definitions.load();
  private readonly validator: Validator;
  /** What was loaded of each package, what it lacks and what is wrong inside, one line each. */
  readonly remarks: string[] = [];

  /** Throws an Error that says which package cannot be read, or which profile is not known. */
  constructor(private readonly options: CheckOptions) {
    const packages = readPackages(options.packages, options.cache);
    for (const one of packages) this.definitions.addPackage(one);
    for (const one of packages) this.remarks.push(packageLine(one, this.definitions));
    this.validator = createValidator(this.definitions, options.settings);
    const unknown = options.profiles.find((profile) => !this.validator.knows(profile));
    if (unknown !== undefined) throw new Error(`The profile ${unknown} is not known: name its package with --package.`);
  }

  *file(file: string): Generator<Result> {
    let text: string;
    try {
      text = decodeUtf8(readFileSync(file));
    } catch (error) {
      const { code } = error as NodeJS.ErrnoException;
      yield this.failed(
        file,
        undefined,
        error instanceof FhirError ? error : new FhirError('unreadable-file', { code: code ?? '' }),
      );
      return;
    }
    if (!/\.ndjson$/i.test(file)) {
      yield this.text(file, undefined, text);
      return;
    }
    const lines = text.split('\n');
    if (text.trim() === '') yield this.failed(file, undefined, new FhirError('empty-body'));
    for (let i = 0; i < lines.length; i++) {
      const line = lines[i] as string;
      if (line.trim() !== '') yield this.text(file, i + 1, line);
    }
  }

  private text(file: string, line: number | undefined, text: string): Result {
    try {
      const isXml = /\.xml$/i.test(file);
      const scanned = parseObject(isXml ? jsonOfXml(text, shapesOf(this.definitions)) : text);
      const issues = withPositions(this.issues(scanned.value, scanned.rawNumbers), text);
      const { resourceType } = scanned.value;
      return {
        file,
        ...(line !== undefined && { line }),
        ...(typeof resourceType === 'string' && { resourceType }),
        valid: !issues.some(isError),
        outcome:
          issues.length === 0
            ? outcomeOfSuccess(NO_FAULT[this.options.language])
            : outcomeOfIssues(inLine(issues, line), this.options.language),
      };
    } catch (error) {
      if (!(error instanceof FhirError)) throw error;
      return this.failed(file, line, line === undefined ? error : onLine(error, line));
    }
  }

  private issues(value: Record<string, unknown>, rawNumbers: ReturnType<typeof parseObject>['rawNumbers']): Issue[] {
    const isBundle = value.resourceType === 'Bundle';
    const typeOf = (profile: string) => this.definitions.structure(profile)?.type;
    // A profile of what is inside is for every entry of its type.
    const inner = isBundle ? this.options.profiles.filter((profile) => typeOf(profile) !== 'Bundle') : [];
    const profiles = this.options.profiles.filter((profile) => !inner.includes(profile));
    const issues = this.validator.validate(value, { rawNumbers, ...(profiles.length > 0 && { profiles }) });
    const entries = inner.length > 0 && Array.isArray(value.entry) ? value.entry : [];
    entries.forEach((entry: unknown, i) => {
      const resource = (entry as { resource?: { resourceType?: unknown } } | null)?.resource;
      const fitting = inner.filter((profile) => typeOf(profile) === resource?.resourceType);
      if (resource === undefined || fitting.length === 0) return;
      for (const issue of this.validator.validate(resource, { profiles: fitting })) {
        const expression = issue.expression.replace(/^[^.[]*/, `Bundle.entry[${i}].resource`);
        const isKnown = issues.some((one) => one.key === issue.key && one.expression === expression);
        if (!isKnown) issues.push({ ...issue, expression });
      }
    });
    return issues;
  }

  private failed(file: string, line: number | undefined, error: FhirError): Result {
    return {
      file,
      ...(line !== undefined && { line }),
      valid: false,
      outcome: outcomeOfError(error, this.options.language),
    };
  }
}

/** An OperationOutcome has one issue at least. */
const NO_FAULT = { en: 'No fault was found.', fr: 'Aucun défaut n’a été trouvé.' };

/** An error about a text of one line, told of the file. */
function onLine({ key, params, expression, position }: FhirError, line: number): FhirError {
  return new FhirError(
    key,
    { ...params, ...(params.line !== undefined && { line }) },
    { ...(expression !== undefined && { expression }), ...(position && { position: { ...position, line } }) },
  );
}

/** The line of a file with many counts from its beginning. */
function inLine(issues: readonly Issue[], line: number | undefined): readonly Issue[] {
  if (line === undefined) return issues;
  return issues.map((issue) => {
    const { position } = issue;
    return position === undefined ? issue : { ...issue, position: { ...position, line } };
  });
}
