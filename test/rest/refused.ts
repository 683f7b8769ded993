import type { Test } from 'tap';
import type { Answer } from '../support/server.js';

/** An answer above 399 is an OperationOutcome with a stable code, and nothing of the machine in it. */
export function refused(t: Test, answer: Answer, status: number, code: string, what?: string): void {
  t.equal(answer.status, status, what ?? code);
  t.equal(answer.json?.resourceType, 'OperationOutcome', 'an OperationOutcome');
  t.equal(answer.json?.issue?.[0]?.details?.coding?.[0]?.code, code);
  t.notMatch(answer.text, /\bat .*\.(ts|js):|node_modules|\/src\//, 'no stack, no path');
}
