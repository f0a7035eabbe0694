/*
 * Jira's wiki markup, which version 2 of its API takes on Cloud and on Data Center. Text from outside is escaped here,
 * whatever it holds: `[~name]` would notify somebody, `{panel}` begins a macro.
 */

/** Marks that mean something wherever they stand. */
const MARK = /[*+^~{}[\]|!]|\?(?=\?)|(?<=\?)\?/g;
/** Marks that begin or end a phrase: within a name or a date they mean nothing. */
const PHRASE = /(?<![\p{L}\p{N}])[-_]|[-_](?![\p{L}\p{N}])/gu;
/** `(x)` and `:)` are pictures. */
const PICTURE = /\((?=(?:[xiyn!?/+*-]|on|off|flag|flagoff|\*[rgby])\))|[:;](?=-?[()DP](?![\p{L}\p{N}]))/gu;
/** A backslash is Jira's own escape, and two are a line break: a sign that looks like it stands in its place. */
const BACKSLASH = '\u2216';
const WORD_JOINER = '\u2060';

/** One line of harmless text as wiki markup that reads as that text, within a line. */
export function escapeWiki(text: string): string {
  return text
    .replaceAll('\\', BACKSLASH)
    .replace(MARK, '\\$&')
    .replace(PHRASE, '\\$&')
    .replace(PICTURE, '\\$&');
}

/** A line: what happens to stand at its beginning is no heading, list, quote or table. */
export function guardWikiStart(line: string): string {
  return /^\s*(?:h[1-6]\.|bq\.|#|[|-])/.test(line) ? WORD_JOINER + line : line;
}

/** Text as it is, in lines of its own. */
export function verbatim(text: string): string {
  return `{noformat}\n${text.replace(/\{(?=noformat)/gi, `{${WORD_JOINER}`)}\n{noformat}`;
}

/** A link. `url` has passed `linkTarget`, which leaves brackets and exclamation marks. */
export function wikiLink(title: string, url: string): string {
  const target = url.replaceAll('[', '%5B').replaceAll(']', '%5D').replaceAll('!', '%21');
  return `[${escapeWiki(title)}|${target}]`;
}
