/**
 * The elements of a snapshot as a tree, so that one is found, added or copied without a look at all others.
 * https://hl7.org/fhir/R4/elementdefinition.html#id
 */
import type { ElementDefinition } from './types.js';

export interface ElementNode {
  element: ElementDefinition;
  children: ElementNode[];
  slices: ElementNode[];
}

/** Elements of a snapshot; the largest published ones have a few thousand. */
const MAX_ELEMENTS = 50_000;
/** Elements and constraints that are copied to make one. */
const MAX_COPIES = 500_000;

/** Differentials come from clients, and slices of slices multiply. */
export class TooLarge extends Error {
  constructor(readonly max: number) {
    super(`more than ${max} elements`);
  }
}

const trees = new WeakMap<readonly ElementDefinition[], ElementTree>();

export class ElementTree {
  root: ElementNode | undefined;
  private readonly byId = new Map<string, ElementNode>();
  private copies = 0;

  /** Of elements with ids, each after the one that it belongs to. They are copied. */
  constructor(elements: readonly ElementDefinition[]) {
    for (const element of elements) this.add({ ...element });
  }

  /** Of a snapshot that will not be changed. */
  static of(elements: readonly ElementDefinition[]): ElementTree {
    let tree = trees.get(elements);
    if (tree === undefined) {
      tree = new ElementTree(elements);
      trees.set(elements, tree);
    }
    return tree;
  }

  find(id: string): ElementNode | undefined {
    return this.byId.get(id);
  }

  /** As the last of what it belongs to. Throws TooLarge. */
  add(element: ElementDefinition): ElementNode {
    const { id } = element;
    const dot = id.lastIndexOf('.');
    const colon = id.indexOf(':', dot + 1);
    const holder = this.byId.get(id.slice(0, colon < 0 ? Math.max(dot, 0) : colon)) ?? this.root;
    return this.put(element, colon < 0 ? holder?.children : holder?.slices);
  }

  private put(element: ElementDefinition, list: ElementNode[] | undefined): ElementNode {
    const node: ElementNode = { element, children: [], slices: [] };
    if (this.byId.size >= MAX_ELEMENTS) throw new TooLarge(MAX_ELEMENTS);
    if (!this.byId.has(element.id)) this.byId.set(element.id, node);
    this.root ??= node;
    list?.push(node);
    this.spend(1);
    return node;
  }

  /** Copies what is below `from`, of this tree or another, to below `to`. Was there something? Throws TooLarge. */
  copy(from: ElementNode | undefined, to: ElementNode): boolean {
    if (from === undefined) return false;
    const { id, path } = from.element;
    const cut = { id: id.length, path: path.length };
    this.copyLists(from, to, cut, to.element, false);
    return to.children.length > 0;
  }

  private copyLists(
    from: ElementNode,
    to: ElementNode,
    cut: { id: number; path: number },
    top: ElementDefinition,
    withSlices: boolean,
  ): void {
    const into = (nodes: readonly ElementNode[], list: ElementNode[]) => {
      for (const node of nodes) {
        const { element } = node;
        const id = top.id + element.id.slice(cut.id);
        const made = this.put({ ...element, id, path: top.path + element.path.slice(cut.path) }, list);
        this.copyLists(node, made, cut, top, true);
      }
    };
    into(from.children, to.children);
    if (withSlices) into(from.slices, to.slices);
  }

  /** Throws TooLarge where too much is copied. */
  spend(copies: number): void {
    this.copies += copies;
    if (this.copies > MAX_COPIES) throw new TooLarge(MAX_COPIES);
  }

  /** In the order of a snapshot: an element, what is below it, its slices. */
  flat(): ElementDefinition[] {
    const elements: ElementDefinition[] = [];
    const open = this.root === undefined ? [] : [this.root];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      elements.push(node.element);
      for (let i = node.slices.length - 1; i >= 0; i--) open.push(node.slices[i] as ElementNode);
      for (let i = node.children.length - 1; i >= 0; i--) open.push(node.children[i] as ElementNode);
    }
    return elements;
  }
}
