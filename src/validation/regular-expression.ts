/**
 * Regular expressions that definitions bring along. They come from clients, so that the engine is one whose time grows
 * with the text alone: JavaScript's own takes for ever over some.
 */
import { createRequire } from 'node:module';
import type { RE2JS } from 're2js';

/** Longer ones are not taken up: no format needs them. */
const MAX_LENGTH = 1000;
const MAX_PATTERNS = 500;
const patterns = new Map<string, RE2JS | undefined>();
let library: typeof RE2JS | undefined;

/** Does the whole text match? `undefined` when the pattern cannot be read, or needs what takes unbounded time. */
export function matchesWhole(pattern: string, text: string): boolean | undefined {
  return compiledOf(pattern)?.matches(text);
}

/** Does a part of the text match? `undefined` as for `matchesWhole`. */
export function findsIn(pattern: string, text: string): boolean | undefined {
  return compiledOf(pattern)?.matcher(text).find();
}

function compiledOf(pattern: string): RE2JS | undefined {
  let compiled = patterns.get(pattern);
  if (compiled === undefined && !patterns.has(pattern)) {
    compiled = compile(pattern);
    if (patterns.size >= MAX_PATTERNS) patterns.delete(patterns.keys().next().value as string);
    patterns.set(pattern, compiled);
  }
  return compiled;
}

function compile(pattern: string): RE2JS | undefined {
  if (pattern.length > MAX_LENGTH) return undefined;
  // Loaded at the first use, to keep it out of the start.
  library ??= (createRequire(import.meta.url)('re2js') as { RE2JS: typeof RE2JS }).RE2JS;
  try {
    return library.compile(pattern);
  } catch (error) {
    if (error instanceof Error && error.name.startsWith('RE2JS')) return undefined;
    throw error;
  }
}
