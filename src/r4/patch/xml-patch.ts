/** XML Patch. https://www.rfc-editor.org/rfc/rfc5261, https://hl7.org/fhir/R4/http.html#patch */
import type { XmlElement, XmlNode } from '../xml/dom.js';
import { type Found, select } from '../xml/xpath.js';
import { inapplicable, malformed } from './patch-error.js';

/**
 * Applies the operations below the root of a patch to a document, in order, in place. Throws `patch-malformed`,
 * `patch-inapplicable` with the index of the operation.
 */
export function applyXmlPatch(document: XmlNode[], patch: readonly XmlNode[]): void {
  const root = patch.find((node): node is XmlElement => node.kind === 'element');
  const operations = root?.children.filter((node): node is XmlElement => node.kind === 'element') ?? [];
  if (operations.length === 0) throw malformed('there are no operations', 'il n’y a pas d’opération');
  for (const [index, operation] of operations.entries()) apply(document, operation, index);
}

function apply(document: XmlNode[], operation: XmlElement, index: number): void {
  const { local, attributes } = operation;
  if (!/^(add|replace|remove)$/.test(local)) {
    throw malformed('an operation is add, replace or remove', 'une opération est add, replace ou remove', index);
  }
  const sel = attributes.get('sel');
  const found = sel === undefined ? undefined : select(document, sel);
  if (found === undefined)
    throw malformed('sel is missing, or no path that is served', 'sel manque, ou n’est pas un chemin servi', index);
  const [target, other] = found;
  if (target === undefined) throw inapplicable(index, 'the path finds nothing', 'le chemin ne trouve rien');
  if (other !== undefined)
    throw inapplicable(index, 'the path finds several nodes', 'le chemin trouve plusieurs nœuds');
  if (local === 'remove') remove(target);
  else if (local === 'replace') replace(target, operation, index);
  else add(target, operation, index);
}

function remove(target: Found): void {
  if ('attribute' in target) target.element.attributes.delete(target.attribute);
  else target.siblings.splice(target.siblings.indexOf(target.node), 1);
}

const textIn = (operation: XmlElement): string =>
  operation.children.map((node) => (node.kind === 'text' ? node.text : '')).join('');

/** A node by one of its kind. https://www.rfc-editor.org/rfc/rfc5261#section-4.4 */
function replace(target: Found, operation: XmlElement, index: number): void {
  if ('attribute' in target) {
    target.element.attributes.set(target.attribute, textIn(operation));
    return;
  }
  const { node, siblings } = target;
  const replacement: XmlNode | undefined =
    node.kind === 'text'
      ? { kind: 'text', text: textIn(operation) }
      : operation.children.find(({ kind }) => kind === node.kind);
  if (replacement === undefined) {
    throw malformed('a node is replaced by one of its kind', 'un nœud se remplace par un de sa sorte', index);
  }
  siblings.splice(siblings.indexOf(node), 1, replacement);
}

/** https://www.rfc-editor.org/rfc/rfc5261#section-4.3 */
function add(target: Found, operation: XmlElement, index: number): void {
  const type = operation.attributes.get('type');
  const pos = operation.attributes.get('pos');
  const element = !('attribute' in target) && target.node.kind === 'element' ? target.node : undefined;
  if (type !== undefined) {
    const name = /^(?:@|namespace::)([A-Za-z_][\w.:-]*)$/.exec(type)?.[1];
    if (name === undefined)
      throw malformed('type is @name or namespace::prefix', 'type est @nom ou namespace::préfixe', index);
    if (element === undefined)
      throw inapplicable(index, 'an attribute is added to an element', 'un attribut s’ajoute à un élément');
    const full = type.startsWith('@') ? name : `xmlns:${name}`;
    if (element.attributes.has(full))
      throw inapplicable(index, 'the attribute is there already', 'l’attribut est déjà là');
    element.attributes.set(full, textIn(operation));
    return;
  }
  if (pos !== undefined && !/^(prepend|before|after)$/.test(pos)) {
    throw malformed('pos is prepend, before or after', 'pos est prepend, before ou after', index);
  }
  if ('attribute' in target || (element === undefined && (pos === undefined || pos === 'prepend'))) {
    throw inapplicable(index, 'nothing can be added there', 'rien ne peut s’ajouter là');
  }
  if (pos === 'before' || pos === 'after') {
    const at = target.siblings.indexOf(target.node);
    target.siblings.splice(pos === 'before' ? at : at + 1, 0, ...operation.children);
  } else if (pos === 'prepend') element?.children.unshift(...operation.children);
  else element?.children.push(...operation.children);
}
