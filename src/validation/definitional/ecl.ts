/**
 * The grammar of SNOMED CT's Expression Constraint Language, brief form, as far as value sets write it: is a text one?
 * Nothing is evaluated. https://confluence.ihtsdotools.org/display/DOCECL
 */

/** Deeper brackets than anyone writes; more would only cost stack. */
const MAX_DEPTH = 50;

class Reader {
  private at = 0;
  private depth = 0;

  constructor(private readonly text: string) {}

  /** Takes what the pattern (sticky) finds here, blanks before it skipped. */
  take(pattern: RegExp): boolean {
    const blank = /(?:\s|\/\*[^*]*\*\/)*/y;
    blank.lastIndex = this.at;
    blank.exec(this.text);
    const sticky = new RegExp(pattern.source, 'yi');
    sticky.lastIndex = blank.lastIndex;
    const found = sticky.exec(this.text);
    if (found === null) return false;
    this.at = sticky.lastIndex;
    return true;
  }

  isAtEnd(): boolean {
    return this.text.slice(this.at).trim() === '';
  }

  nested(inner: () => boolean): boolean {
    if (this.depth >= MAX_DEPTH) return false;
    this.depth++;
    const ok = inner();
    this.depth--;
    return ok;
  }
}

export function isExpressionConstraint(text: string): boolean {
  const reader = new Reader(text);
  return expression(reader) && reader.isAtEnd();
}

function expression(reader: Reader): boolean {
  if (!operand(reader)) return false;
  while (reader.take(/\./)) if (!operand(reader)) return false;
  if (reader.take(/:/)) return refinement(reader);
  if (reader.take(/MINUS\b/)) return operand(reader);
  for (const operator of [/AND\b|,/, /OR\b/]) {
    if (!reader.take(operator)) continue;
    do if (!operand(reader)) return false;
    while (reader.take(operator));
    return true;
  }
  return true;
}

/** A concept, `*` or a bracket, with what narrows or widens it. */
function operand(reader: Reader): boolean {
  reader.take(/<<!|>>!|<<|>>|<!|>!|<|>|!!<|!!>/);
  reader.take(/\^(?:\s*\[[^\]]*\])?/);
  if (reader.take(/\(/)) {
    if (!reader.nested(() => expression(reader)) || !reader.take(/\)/)) return false;
  } else if (reader.take(/[1-9]\d{5,17}(?!\d)/)) reader.take(/\|[^|]+\|/);
  else if (!reader.take(/\*/)) return false;
  while (reader.take(/\{\{[^{}]*\}\}/));
  return true;
}

function refinement(reader: Reader): boolean {
  if (!part(reader)) return false;
  while (reader.take(/AND\b|OR\b|,/)) if (!part(reader)) return false;
  return true;
}

function part(reader: Reader): boolean {
  const counted = reader.take(/\[\s*\d+\s*\.\.\s*(?:\d+|\*)\s*\]/);
  if (reader.take(/\{/)) return reader.nested(() => refinement(reader)) && reader.take(/\}/);
  if (!counted && reader.take(/\((?=[^)]*=)/)) return reader.nested(() => refinement(reader)) && reader.take(/\)/);
  reader.take(/R(?=[\s<>^*(\d])/);
  if (!operand(reader)) return false;
  if (!reader.take(/!=|<=|>=|=|<|>/)) return false;
  if (reader.take(/#[+-]?\d+(?:\.\d+)?|"(?:[^"\\]|\\.)*"|true\b|false\b/)) return true;
  return reader.nested(() => operand(reader));
}
