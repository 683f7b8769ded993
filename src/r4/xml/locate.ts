/**
 * Where in an XML text, which is known to be well-formed, the elements stand that findings name, as lines and columns from
 * 1. https://hl7.org/fhir/R4/xml.html
 */
import { memberOf, type Position, type Wanted } from '../locate.js';

/** An element under way: what is looked for in it, and how many of each name it had. */
interface Open {
  wanted: readonly Wanted[];
  counts: Map<string, number>;
}

/** Comments, other instructions, CDATA, ends, starts with what tells that nothing stands inside. */
const TAG =
  /<(?:!--[\s\S]*?-->|!\[CDATA\[[\s\S]*?\]\]>|\?[\s\S]*?\?>|(\/)?([^\s/>]+)(?:[^"'>]|"[^"]*"|'[^']*')*?(\/)?>)/g;

/** Adds the positions of what is looked for to `found`, by its expression. */
export function locateInXml(text: string, root: Wanted, found: Map<string, Position>): void {
  const open: Open[] = [];
  let line = 1;
  let lineStart = 0;
  let read = 0;
  const positionOf = (index: number): Position => {
    for (let next = text.indexOf('\n', read); next >= 0 && next < index; next = text.indexOf('\n', next + 1)) {
      line++;
      lineStart = next + 1;
    }
    read = index;
    return { line, column: index - lineStart + 1 };
  };
  for (const { 1: end, 2: qualified, 3: empty, index } of text.matchAll(TAG)) {
    if (qualified === undefined) continue;
    if (end !== undefined) {
      open.pop();
      continue;
    }
    const name = qualified.slice(qualified.indexOf(':') + 1);
    const above = open.at(-1);
    const wanted = above === undefined ? [root] : childrenOf(above, name);
    for (const { ends } of wanted) {
      for (const expression of ends) if (!found.has(expression)) found.set(expression, positionOf(index));
    }
    if (empty === undefined) open.push({ wanted, counts: new Map() });
  }
}

function childrenOf(above: Open, name: string): readonly Wanted[] {
  // The resource in a holder is what `<contained>` is: types begin with a capital, elements never do.
  if (/^[A-Z]/.test(name)) return above.wanted;
  const count = above.counts.get(name) ?? 0;
  above.counts.set(name, count + 1);
  return above.wanted.flatMap((wanted) => {
    const member = memberOf(wanted, name);
    const item = member?.below.get(count);
    return [...(item === undefined ? [] : [item]), ...(member === undefined ? [] : [member])];
  });
}
