/*
 * The content of a summary without its format: Markdown, terminal and page are printed from the same document, so
 * they hold the same facts. Texts hold what the record holds, cleaned of secrets and control characters
 * (escape.ts); each printer escapes for its own format.
 */

export type Span =
  | string
  | { strong: string }
  | { code: string }
  | { link: string; url: string }
  /** Points at a query of the list at the end: `q3`. */
  | { ref: string };

export type Text = readonly Span[];

export interface Column {
  title: string;
  /** Takes the width that the others leave, and wraps. One column of a table grows. */
  grows?: true;
  /** Left out where it would leave too little room for the others. */
  spare?: true;
  align?: 'right';
}

export interface FlowStep {
  from: string;
  to: string;
  /** How it got there: `through its calls, 15 s later`. */
  label: string;
}

export type Block =
  | { kind: 'paragraph'; text: Text }
  /** A smaller heading within a section. */
  | { kind: 'heading'; text: Text }
  | { kind: 'facts'; rows: readonly (readonly [string, Text])[] }
  | { kind: 'list'; items: readonly Text[]; ordered?: true }
  /** Actions in order; a command is there to be copied and keeps its line. */
  | { kind: 'steps'; steps: readonly { words: Text; command: string | null }[] }
  | { kind: 'table'; columns: readonly Column[]; rows: readonly (readonly Text[])[] }
  /** From the cause to the symptom; `cause` and `affected` are marked. */
  | { kind: 'flow'; steps: readonly FlowStep[]; cause: string | null; affected: string }
  | { kind: 'queries'; queries: readonly NumberedQuery[] };

export interface NumberedQuery {
  /** `q3`. */
  ref: string;
  /** What it shows, who answered, and the moment when it is about one. */
  about: Text;
  query: string;
}

export interface Section {
  title: string;
  blocks: readonly Block[];
  /** Left out where people cannot write: terminal and page. */
  forPeople?: true;
}

export interface Document {
  title: string;
  sections: readonly Section[];
}

/** Text with spans in it: `` text`seen in ${{ ref: 'q1' }}` ``. */
export function text(literals: TemplateStringsArray, ...values: readonly (Span | Text)[]): Text {
  return literals
    .flatMap((literal, index): Span[] => {
      const value = values[index];
      if (value === undefined) return [literal];
      return isText(value) ? [literal, ...value] : [literal, value];
    })
    .filter((part) => part !== '');
}

function isText(value: Span | Text): value is Text {
  return Array.isArray(value);
}

/** The words of a text without any markup. */
export function plain(words: Text): string {
  return words
    .map((part) => {
      if (typeof part === 'string') return part;
      if ('strong' in part) return part.strong;
      if ('code' in part) return part.code;
      return 'ref' in part ? `[${part.ref}]` : part.link;
    })
    .join('');
}
