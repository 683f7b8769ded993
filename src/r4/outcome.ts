/** Errors and findings as an OperationOutcome. https://hl7.org/fhir/R4/operationoutcome.html */
import type { Extension, OperationOutcome, OperationOutcomeIssue } from '@medplum/fhirtypes';
import {
  ERROR_SYSTEM,
  ERRORS,
  type FhirError,
  type Issue,
  type Language,
  type Message,
  type Params,
} from './errors.js';
import { locate, type Position } from './locate.js';
import { VALIDATION_MESSAGES } from './validation-messages.js';

const DID_YOU_MEAN = { en: ' Did you mean "#"?', fr: ' Vouliez-vous dire « # » ?' };

/** `{name}` in a text of the table replaced by its parameter; `{near}`, a near miss, becomes a question or nothing. */
export function fillIn(message: Message, params: Params, language: Language): string {
  return message[language].replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (name === 'near')
      return value === undefined || value === '' ? '' : DID_YOU_MEAN[language].replace('#', () => String(value));
    if (value === undefined) return whole;
    return typeof value === 'object' ? value[language] : String(value);
  });
}

function issueOf(
  severity: Issue['severity'],
  key: string,
  message: Message,
  params: Params,
  expression: string | undefined,
  language: Language,
  { position, profile }: { position?: Position; profile?: string } = {},
): OperationOutcomeIssue {
  const text = fillIn(message, params, language);
  return {
    ...(position === undefined ? {} : { extension: positionExtensions(position) }),
    severity,
    code: message.issue as OperationOutcomeIssue['code'],
    details: { coding: [{ system: ERROR_SYSTEM, code: key }], text },
    diagnostics: profile === undefined ? text : `${text} (${profile})`,
    ...(expression === undefined ? {} : { expression: [expression] }),
  };
}

/** https://hl7.org/fhir/R4/extension-operationoutcome-issue-source.html and its neighbours of later packs. */
function positionExtensions({ line, column }: Position): Extension[] {
  const url = 'http://hl7.org/fhir/StructureDefinition/operationoutcome-issue-';
  return [
    { url: `${url}line`, valueInteger: line },
    { url: `${url}col`, valueInteger: column },
  ];
}

/** The findings with the lines and columns of their elements in the text that came; `path` is where the resource stands. As they are where there is no source. */
export function withPositions(issues: readonly Issue[], source: string, path?: string): readonly Issue[] {
  if (issues.length === 0 || source === '') return issues;
  const inSource = ({ key, params, expression }: Issue) => {
    const whole = path === undefined ? expression : expression.replace(/^[^.[]*/, path);
    // What is not defined has no FHIRPath, but it has a place.
    return key === 'unknown-element' ? `${whole}.${String(params.name)}` : whole;
  };
  const positions = locate(source, issues.map(inSource));
  return issues.map((issue) => {
    const position = positions.get(inSource(issue));
    return position === undefined ? issue : { ...issue, position };
  });
}

/** The findings of a validation, each with its stable code, text and FHIRPath. */
export function outcomeOfIssues(issues: readonly Issue[], language: Language): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: issues.map((i) =>
      issueOf(i.severity, i.key, VALIDATION_MESSAGES[i.key], i.params, i.expression, language, i),
    ),
  };
}

/** The answer to an error: its findings where it has some, else the error itself. */
export function outcomeOfError(error: FhirError, language: Language): OperationOutcome {
  if (error.issues.length > 0) return outcomeOfIssues(error.issues, language);
  const row = ERRORS[error.key];
  return {
    resourceType: 'OperationOutcome',
    issue: [
      issueOf('error', error.key, row, error.params, error.expression, language, {
        ...(error.position && { position: error.position }),
      }),
    ],
  };
}

/** Several errors that did not stop the request (a lenient search), at the severity given. */
export function outcomeOfErrors(
  errors: readonly FhirError[],
  severity: Issue['severity'],
  language: Language,
): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: errors.map((e) => issueOf(severity, e.key, ERRORS[e.key], e.params, e.expression, language)),
  };
}

/** An OperationOutcome that says that all went well (`Prefer: return=OperationOutcome`). */
export function outcomeOfSuccess(text: string): OperationOutcome {
  return {
    resourceType: 'OperationOutcome',
    issue: [{ severity: 'information', code: 'informational', diagnostics: text }],
  };
}
