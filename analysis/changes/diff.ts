import type { Change } from '../../model/change.js';
import { isRollback } from './effect.js';
import { PLACE, type HARMLESS } from './weights.js';
import { wordsOf, type Word } from './words.js';

export type Harm = keyof typeof HARMLESS;

/** What can be read in a change. */
export interface ChangeText {
  /** Each word of the change with the weight of the most telling place where it stands. */
  words: Map<string, { weight: number; written: string }>;
  harm: Harm;
  /** False when there is neither a diff, nor files, nor a flag's name: then silence means nothing. */
  readable: boolean;
}

const INERT_FILE =
  /(?:\.(?:md|rst|txt|adoc|css|scss|less|svg|png|jpe?g)$|(?:^|\/)(?:docs?|tests?|testdata|__tests__|\.github|\.circleci)\/|[._-](?:test|spec)\.\w+$|_test\.\w+$|(?:^|\/)(?:CODEOWNERS|LICENSE|CHANGELOG|README)|(?:^|\/)\.[\w-]+\.ya?ml$)/iu;
const MANIFEST =
  /(?:^|\/)(?:go\.(?:mod|sum)|package(?:-lock)?\.json|yarn\.lock|pnpm-lock\.yaml|requirements[\w-]*\.txt|poetry\.lock|pyproject\.toml|Pipfile(?:\.lock)?|Cargo\.(?:toml|lock)|pom\.xml|build\.gradle(?:\.kts)?|Gemfile(?:\.lock)?)$/iu;
/** A line there names a setting or a dependency: it is the subject of the change, also when it stays. */
const SETTINGS = /\.(?:ya?ml|toml|ini|env|properties|conf|cfg|json)$/iu;
const COMMENT = /^(?:\/\/|#(?!include|define|\[)|\/?\*|--\s|<!--|""")/u;
/** Writes a log line, counts, or words an answer. */
const SAYS =
  /\b(?:log(?:ger|ging)?\s*[.(]|LOG_\w+|console\.|slog\.|fmt\.(?:Print|Fprint)|print(?:ln|f)?\s*\(|http\.Error\s*\(|write(?:Error|JSON)?\s*\()|\.(?:json|Header\(\)\.Set|setHeader|(?:Debug|Info|Warn|Error)f?)\s*\(/u;
/** Begins a function of its own: what was taken out of another one. */
const DEFINES = /^(?:[\w\s]*\b)?(?:func|def|function|fn|fun)\b|=>\s*\{?$/u;
const VERSION = /v?(\d+)\.(\d+)(?:\.(\d+))?/u;

/** Reads the title, files and diff (in unified form, if there is one) of a change. */
export function readChange(change: Change): ChangeText {
  const lines = change.details.split('\n');
  const first = lines.findIndex((line) => /^(?:@@|diff --git|--- )/u.test(line));
  const diff = first < 0 ? [] : lines.slice(first);
  const prose = first < 0 ? change.details : lines.slice(0, first).join('\n');
  const header = /^(?:\+\+\+|---|@@|diff |index )/u;
  const code = (sign: string): string[] =>
    diff
      .filter((line) => line.startsWith(sign) && !header.test(line))
      .map((line) => line.slice(1).trim())
      .filter((line) => line !== '' && !COMMENT.test(line));
  const removed = code('-');
  const added = code('+');
  const context = diff.filter((line) => !/^[+-]/u.test(line) || header.test(line));

  const words: ChangeText['words'] = new Map();
  const place = (list: Word[], weight: number): void => {
    for (const { stem, written } of list) {
      if (weight > (words.get(stem)?.weight ?? 0)) words.set(stem, { weight, written });
    }
  };
  const before = removed.flatMap(wordsOf);
  const after = added.flatMap(wordsOf);
  place(minus(before, after), PLACE.removed);
  place(minus(after, before), PLACE.added);
  place(before, change.files.length > 0 && change.files.every(holdsSettings) ? PLACE.added : PLACE.altered);
  place(wordsOf(`${change.title} ${prose}`), PLACE.title);
  place(change.files.flatMap(wordsOf), PLACE.file);
  place(context.flatMap(wordsOf), PLACE.context);
  return {
    words,
    harm: isRollback(change) ? 'restores' : harmOf(change.files, diff.length > 0, removed, added),
    readable: diff.length > 0 || change.files.length > 0 || change.kind === 'flag',
  };
}

/** Whether a file tells a program how to run, rather than what it is made of. */
export function isSettings(file: string): boolean {
  return SETTINGS.test(file) && !MANIFEST.test(file) && !INERT_FILE.test(file);
}

function holdsSettings(file: string): boolean {
  return MANIFEST.test(file) || SETTINGS.test(file);
}

function harmOf(files: string[], hasDiff: boolean, removed: string[], added: string[]): Harm {
  if (files.length > 0 && files.every((file) => INERT_FILE.test(file) && !MANIFEST.test(file)))
    return 'inert-files';
  if (!hasDiff) return 'substantial';
  const squeeze = (lines: string[]): string => lines.join('').replace(/\s+/gu, '');
  if (squeeze(removed) === squeeze(added)) return 'comments-only';
  if (files.length > 0 && files.every((file) => MANIFEST.test(file))) return bumpOf(removed, added);
  if ([...removed, ...added].every((line) => SAYS.test(line))) return 'says-only';
  // Single letters are names that refactoring changes freely; single figures are values.
  const words = (lines: string[]): string[] => lines.flatMap((line) => line.match(/\w{2,}|\d/gu) ?? []);
  const gone = minusText(words(removed), words(added));
  const fresh = minusText(words(added), words(removed));
  if (
    removed.length > 0 &&
    gone.length === 0 &&
    (fresh.length === 0 || added.some((line) => DEFINES.test(line)))
  ) {
    return 'moved';
  }
  return 'substantial';
}

/** The greatest step among the versions that changed. */
function bumpOf(removed: string[], added: string[]): Harm {
  let step: Harm = 'patch-bump';
  for (const line of removed) {
    const name = line.replace(VERSION, '').trim();
    const before = VERSION.exec(line);
    const partner = added.find((candidate) => candidate.replace(VERSION, '').trim() === name);
    const after = partner === undefined ? null : VERSION.exec(partner);
    if (!before || !after || before[1] !== after[1]) return 'substantial';
    if (before[2] !== after[2]) step = 'minor-bump';
  }
  return removed.length === 0 ? 'substantial' : step;
}

/** Words of `a` that `b` has fewer of. */
function minus(a: Word[], b: Word[]): Word[] {
  const left = new Set(
    minusText(
      a.map(({ stem }) => stem),
      b.map(({ stem }) => stem),
    ),
  );
  return a.filter(({ stem }) => left.has(stem));
}

function minusText(a: string[], b: string[]): string[] {
  const spare = new Map<string, number>();
  for (const text of b) spare.set(text, (spare.get(text) ?? 0) + 1);
  return a.filter((text) => {
    const count = spare.get(text) ?? 0;
    if (count > 0) spare.set(text, count - 1);
    return count === 0;
  });
}
