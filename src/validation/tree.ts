/** A snapshot's flat list as a tree, slices beside the children. https://hl7.org/fhir/R4/elementdefinition.html#id */
import type { ElementDefinition, StructureDefinition } from '../r4/definitions/index.js';

export interface Node {
  element: ElementDefinition;
  /** Last step of the path: `name`, `value[x]`. */
  name: string;
  children: Node[];
  slices: Node[];
}

/** The root of a snapshot. Ids are made from path and sliceName where the author left them out. */
export function treeOf(structure: StructureDefinition): Node | undefined {
  const nodes = new Map<string, Node>();
  const idOfPath = new Map<string, string>();
  let root: Node | undefined;
  for (const element of structure.snapshot.element) {
    const { path, sliceName } = element;
    const dot = path.lastIndexOf('.');
    const name = path.slice(dot + 1);
    const node: Node = { element, name, children: [], slices: [] };
    if (dot < 0) {
      root ??= node;
      nodes.set(path, node);
      idOfPath.set(path, path);
      continue;
    }
    const parentPath = path.slice(0, dot);
    const id = element.id ?? `${idOfPath.get(parentPath) ?? parentPath}.${name}${sliceName ? `:${sliceName}` : ''}`;
    idOfPath.set(path, id);
    nodes.set(id, node);
    const last = id.slice(id.lastIndexOf('.') + 1);
    const colon = last.indexOf(':');
    const parentId = id.slice(0, id.length - last.length - 1);
    if (colon < 0) nodes.get(parentId)?.children.push(node);
    else {
      // `a/b` is a slice of the slice `a`.
      const within = Math.max(last.lastIndexOf('/'), colon);
      nodes.get(id.slice(0, id.length - last.length + within))?.slices.push(node);
    }
  }
  return root;
}
