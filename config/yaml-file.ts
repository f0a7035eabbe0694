import {
  isCollection,
  isScalar,
  LineCounter,
  parseAllDocuments,
  parseDocument,
  visit,
  type Document,
  type Node,
} from 'yaml';
import { ConfigError, type Problem } from './config-error.js';

/** A YAML file that was read, with the place of everything in it. */
export interface YamlFile {
  document: Document;
  lines: LineCounter;
}

/**
 * Reads a file that a person wrote.
 *
 * @param file as it was named, for messages
 * @throws ConfigError with the first mistake, as those after it mostly follow from it; of a bracket or quote that is not
 * closed, the line is the one where it begins
 */
export function parseYaml(text: string, file: string | null): YamlFile {
  const lines = new LineCounter();
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false });
  refuseMistakes(document, lines, file);
  return { document, lines };
}

/** The same of a file of several documents, parted by `---`; of an empty file none. */
export function parseYamlDocuments(text: string, file: string | null): Document[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(text, { lineCounter: lines, prettyErrors: false });
  if (!Array.isArray(documents)) return [];
  for (const document of documents) refuseMistakes(document, lines, file);
  return documents.filter(({ contents }) => contents !== null);
}

function refuseMistakes(document: Document, lines: LineCounter, file: string | null): void {
  const [mistake] = document.errors;
  if (!mistake) return;
  const [at] = mistake.pos;
  const open = UNCLOSED.test(mistake.message) ? openAt(document, at) : null;
  const { line, col } = lines.linePos(open?.range?.[0] ?? at);
  const problem: Problem = {
    path: '',
    problem: open
      ? `not valid YAML: ${kindOf(open)} that begins at column ${col} is not closed`
      : `not valid YAML at column ${col}: ${mistake.message}`,
    remedy: open ? 'close it' : 'check brackets, quotes and indentation at this line and above it',
    line,
  };
  throw new ConfigError(file, [problem]);
}

/** How the parser says that it waited in vain for a closing bracket or quote. */
const UNCLOSED = /must be sufficiently indented and end with|^Missing closing/;

/** The innermost bracket or quote that is still open at a place of the text where a mistake was found. */
function openAt(document: Document, at: number): Node | null {
  let found: Node | null = null;
  visit(document, {
    Node(_key, node) {
      const { range } = node;
      if (!range || range[0] >= at || range[1] < at) return;
      const isOpen =
        (isCollection(node) && node.flow === true) ||
        (isScalar(node) && (node.type === 'QUOTE_DOUBLE' || node.type === 'QUOTE_SINGLE'));
      if (isOpen) found = node;
    },
  });
  return found;
}

function kindOf(node: Node): string {
  return isScalar(node) ? 'the quoted text' : 'the bracket';
}
