/**
 * The XPath that XML Patch uses: steps down from the document, with positions and comparisons.
 * https://www.rfc-editor.org/rfc/rfc5261#section-4.1
 */

import type { XmlElement, XmlNode } from './dom.js';
import { FHIR, XHTML } from './namespaces.js';

/** A node with the list that it stands in, or an attribute of an element. */
export type Found = { node: XmlNode; siblings: XmlNode[] } | { element: XmlElement; attribute: string };

/** As R4 has them: https://hl7.org/fhir/R4/http.html#patch */
const PREFIXES: Readonly<Record<string, string>> = { f: FHIR, h: XHTML };
const STEP = /(@)?(?:([A-Za-z_][\w.-]*):)?([A-Za-z_][\w.-]*|\*)(\(\))?((?:\[[^\]]*\])*)/y;

interface Step {
  isAttribute: boolean;
  /** `undefined` for any. */
  uri: string | undefined;
  /** A name, `*`, `text()`, `comment()` or `node()`. */
  test: string;
  predicates: string[];
}

function stepsOf(path: string): Step[] | undefined {
  const steps: Step[] = [];
  let at = path.startsWith('/') ? 1 : 0;
  while (at < path.length) {
    STEP.lastIndex = at;
    const found = STEP.exec(path);
    if (found === null) return undefined;
    const [whole, attribute, prefix, name = '', call = '', predicates = ''] = found;
    if (prefix !== undefined && !Object.hasOwn(PREFIXES, prefix)) return undefined;
    if (call !== '' && !/^(text|comment|node)$/.test(name)) return undefined;
    steps.push({
      isAttribute: attribute !== undefined,
      uri: prefix === undefined ? undefined : PREFIXES[prefix],
      test: name + call,
      predicates: [...predicates.matchAll(/\[([^\]]*)\]/g)].map(([, one = '']) => one.trim()),
    });
    at += whole.length;
    if (at < path.length && path[at++] !== '/') return undefined;
  }
  return steps.length === 0 ? undefined : steps;
}

/** What a path finds from the top of a document; `undefined` for one that is not of these. */
export function select(document: XmlNode[], path: string): Found[] | undefined {
  const steps = stepsOf(path.trim());
  if (steps === undefined) return undefined;
  let lists: XmlNode[][] = [document];
  let owner: XmlElement[] = [];
  for (const [i, step] of steps.entries()) {
    const isLast = i === steps.length - 1;
    if (step.isAttribute) {
      if (!isLast || step.predicates.length > 0) return undefined;
      return owner
        .filter(({ attributes }) => attributes.has(step.test))
        .map((element) => ({ element, attribute: step.test }));
    }
    const found: { node: XmlNode; siblings: XmlNode[] }[] = [];
    for (const siblings of lists) {
      const kept = filtered(
        siblings.filter((node) => fits(node, step)),
        step.predicates,
      );
      if (kept === undefined) return undefined;
      for (const node of kept) found.push({ node, siblings });
    }
    if (isLast) return found;
    owner = found.flatMap(({ node }) => (node.kind === 'element' ? [node] : []));
    lists = owner.map(({ children }) => children);
  }
  return undefined;
}

function fits(node: XmlNode, { test, uri }: Step): boolean {
  if (test === 'node()') return true;
  if (test === 'text()') return node.kind === 'text' && node.text.trim() !== '';
  if (test === 'comment()') return node.kind === 'comment';
  return node.kind === 'element' && (test === '*' || node.local === test) && (uri === undefined || node.uri === uri);
}

/** By position, or by what an attribute, a child or the text is. */
function filtered(nodes: XmlNode[], predicates: readonly string[]): XmlNode[] | undefined {
  let kept = nodes;
  for (const predicate of predicates) {
    if (/^\d{1,6}$/.test(predicate)) kept = kept.slice(Number(predicate) - 1, Number(predicate));
    else if (predicate === 'last()') kept = kept.slice(-1);
    else {
      const [, left = '', , value = ''] = /^(.+?)\s*=\s*(["'])(.*)\2$/s.exec(predicate) ?? [];
      if (left === '') return undefined;
      const those: XmlNode[] = [];
      for (const node of kept) {
        const texts = node.kind === 'element' ? textsOf(node, left) : undefined;
        if (texts === undefined) return undefined;
        if (texts.includes(value)) those.push(node);
      }
      kept = those;
    }
  }
  return kept;
}

function textsOf(element: XmlElement, path: string): string[] | undefined {
  if (path === '.') return [innerText(element)];
  if (/^@[\w.:-]+$/.test(path)) return [element.attributes.get(path.slice(1))].flatMap((one) => one ?? []);
  return select(element.children, path)?.map((found) =>
    'attribute' in found ? (found.element.attributes.get(found.attribute) as string) : innerText(found.node),
  );
}

function innerText(node: XmlNode): string {
  return node.kind === 'element' ? node.children.map(innerText).join('') : node.kind === 'text' ? node.text : '';
}
