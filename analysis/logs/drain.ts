/** What stands in a template where lines differ. */
export const WILDCARD = '<*>';

/** What may be set of `Drain`; the numbers are those of the paper's authors where they give one. */
export interface DrainOptions {
  /** Levels of the tree, at least 3: its root, the number of words, `depth - 3` first words, the groups. @default 4 */
  depth?: number;
  /** Share of the words that a line must have in common with a template. @default 0.4 */
  similarity?: number;
  /** Different words that are told apart at one place of the tree. @default 100 */
  maxChildren?: number;
  /** Templates that are kept; a line that fits none of them is given up. @default no limit */
  maxTemplates?: number;
  /** Words that always tell lines apart, such as the names of services: never a wildcard. @default none */
  isKept?: (word: string) => boolean;
}

/** A template that lines fit. */
interface Group {
  id: number;
  words: string[];
}

interface Node {
  children: Map<string, Node>;
  groups: Group[];
}

/**
 * Drain, which finds the templates of log lines while they stream by: P. He, J. Zhu, Z. Zheng and M. R. Lyu, "Drain: An
 * Online Log Parsing Approach with Fixed Depth Tree", ICWS 2017. A tree of fixed depth leads by the number of words and
 * the first words to a few templates; a line joins the one that it shares most words with, whose other words become
 * wildcards, or begins a template. Time per line does not grow with the lines. Words are parted by white space.
 */
export class Drain {
  private readonly root: Node = { children: new Map(), groups: [] };
  private readonly groups: Group[] = [];
  private readonly levels: number;
  private readonly similarity: number;
  private readonly maxChildren: number;
  private readonly maxTemplates: number;
  private readonly isKept: (word: string) => boolean;

  constructor(options: DrainOptions = {}) {
    const { depth = 4, similarity = 0.4, maxChildren = 100 } = options;
    this.levels = depth - 2;
    this.similarity = similarity;
    this.maxChildren = maxChildren;
    this.maxTemplates = options.maxTemplates ?? Infinity;
    this.isKept = options.isKept ?? (() => false);
  }

  /** The number of the template that the line fits, counted from 0; null when there is room for no more templates. */
  add(line: string): number | null {
    const words = line.trim().split(/\s+/u);
    const group = this.find(words);
    if (group !== null) {
      group.words.forEach((word, at) => {
        if (word !== words[at]) group.words[at] = WILDCARD;
      });
      return group.id;
    }
    if (this.groups.length >= this.maxTemplates) return null;
    const begun = { id: this.groups.length, words };
    this.groups.push(begun);
    this.leafFor(words).groups.push(begun);
    return begun.id;
  }

  /** The template of that number as it is by now: wildcards are added as lines join it. */
  template(id: number): string {
    return this.groups[id]!.words.join(' ');
  }

  private find(words: string[]): Group | null {
    let node = this.root.children.get(String(words.length));
    for (const word of this.path(words)) {
      node = node?.children.get(word) ?? node?.children.get(WILDCARD);
    }
    let best: Group | null = null;
    let [most, mostWild] = [-1, -1];
    for (const group of node?.groups ?? []) {
      const { same, wild } = this.likeness(group.words, words);
      if (same > most || (same === most && wild > mostWild)) [best, most, mostWild] = [group, same, wild];
    }
    return most >= this.similarity ? best : null;
  }

  /** Share of words that are the same, and the number of wildcards; -1 where words that are kept differ. */
  private likeness(template: string[], words: string[]): { same: number; wild: number } {
    let [same, wild] = [0, 0];
    for (let at = 0; at < words.length; at += 1) {
      const [theirs, ours] = [template[at]!, words[at]!];
      if (theirs === ours && theirs !== WILDCARD) same += 1;
      else if (this.isKept(theirs) || this.isKept(ours)) return { same: -1, wild: 0 };
      if (theirs === WILDCARD) wild += 1;
    }
    return { same: same / words.length, wild };
  }

  /** The first words that lead through the tree; the last word of a line never does. */
  private path(words: string[]): string[] {
    return words.slice(0, Math.min(this.levels - 1, words.length - 1));
  }

  private leafFor(words: string[]): Node {
    let node = child(this.root, String(words.length));
    for (const word of this.path(words)) node = child(node, this.keyFor(node, word));
    return node;
  }

  /** Under which key a word goes on: a word with digits, or one too many, goes with the wildcard. */
  private keyFor({ children }: Node, word: string): string {
    if (children.has(word)) return word;
    if (/\p{Nd}/u.test(word)) return WILDCARD;
    const room = children.has(WILDCARD) ? this.maxChildren : this.maxChildren - 1;
    return children.size < room ? word : WILDCARD;
  }
}

function child(node: Node, key: string): Node {
  const next = node.children.get(key) ?? { children: new Map<string, Node>(), groups: [] };
  node.children.set(key, next);
  return next;
}
