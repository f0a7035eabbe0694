import { maskSecrets } from './mask.js';

/*
 * Text from outside (labels, log lines, names) may hold anything. It passes through here before it is shown:
 * secrets masked, control characters made visible, marks that reorder or hide text removed, length bounded.
 */

/** C0 and C1 control characters and DEL: terminals obey them. */
const CONTROL = /\p{Cc}/gu;
/** Marks that change the direction of text: they can make it read other than it is. */
const DIRECTION = /[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;
/** Characters that are not drawn, and separators of lines and of interlinear notes: they hide or break text. */
const INVISIBLE = /[\p{Default_Ignorable_Code_Point}\u2028\u2029\ufff9-\ufffb]/gu;
/** Marks piled upon one letter reach into the lines above and below; no script needs more than a few. */
const PILED_MARKS = /(\p{M}{4})\p{M}+/gu;
const LONE_SURROGATE = /\p{Surrogate}/gu;

const SUBSTITUTE = '\ufffd';

/** Longest run of text that any rendering shows of one value. */
export const LONGEST_TEXT = 600;

/** One line of harmless text, at most `limit` characters and a note of what was cut. */
export function oneLine(text: string, limit = LONGEST_TEXT): string {
  const head = text.slice(0, ROOM_PER_CHARACTER * limit + LONGEST_WORD);
  // Spaces are joined again once nothing hidden stands between them.
  const plain = harmless(head.replace(/\s+/g, ' ')).replace(/ {2,}/g, ' ');
  // Masked last: a name that is broken by hidden characters tells a secret only once they are gone.
  const clean = maskSecrets(plain).trim();
  if (head.length === text.length) return cut(clean, limit);
  // What the head ends with may be half a secret, which is not known as one.
  const safe = Array.from(clean.slice(0, -LONGEST_WORD)).slice(0, limit).join('');
  return cutNote(safe, Array.from(text).length);
}

/** So much more is read than is shown, as cleaning may shorten it; megabytes are not read for one line. */
const ROOM_PER_CHARACTER = 8;
const LONGEST_WORD = 1000;

/** Harmless text that keeps its line breaks, for code blocks. It is not masked: queries mask in their own way. */
export function lines(text: string, limit: number): string {
  const kept = text.replace(/\r\n?/g, '\n').replaceAll('\t', '  ').split('\n').map(harmless).join('\n');
  return cut(kept.trim(), limit);
}

/** A name in a narrow place: at most `limit` characters, the middle left out. */
export function shortName(name: string, limit: number): string {
  const whole = Array.from(oneLine(name, 4 * limit + 100));
  if (whole.length <= limit) return whole.join('');
  const tail = Math.floor((limit - 1) / 3);
  return `${whole.slice(0, limit - 1 - tail).join('')}…${tail > 0 ? whole.slice(-tail).join('') : ''}`;
}

function harmless(text: string): string {
  return text
    .replace(CONTROL, (character) => pictureOf(character.charCodeAt(0)))
    .replace(DIRECTION, SUBSTITUTE)
    .replace(INVISIBLE, '')
    .replace(PILED_MARKS, '$1')
    .replace(LONE_SURROGATE, SUBSTITUTE);
}

/** The Unicode picture of a control character: ␛ for escape. */
function pictureOf(code: number): string {
  if (code < 0x20) return String.fromCharCode(0x2400 + code);
  return code === 0x7f ? '\u2421' : SUBSTITUTE;
}

function cut(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const characters = Array.from(text);
  if (characters.length <= limit) return text;
  return cutNote(characters.slice(0, limit).join(''), characters.length);
}

function cutNote(shown: string, all: number): string {
  return `${shown.trimEnd()}… (cut, ${all} characters)`;
}

/** Characters that mean something to Markdown anywhere in a line. */
const MARKUP = /[\\`*[\]<|~$]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])|&(?=#?\w{1,40};)/gu;
/** What begins a heading, a list, a quote or a rule at the start of a line; `-5 %` and `1.2 s` do not. */
const LINE_START = /^(\s*)(?:([>#]|[+-](?=\s|$|[-+])|=(?=[=\s]|$))|(\d{1,9})([.)])(?=\s|$))/;
/** An at sign that would ring somebody on a forge or in a chat; one inside an address does not. */
const MENTION = /(?<![\p{L}\p{N}._-])@(?=[\p{L}\p{N}_-])/gu;
const WORD_JOINER = '\u2060';

/** Harmless one-line text as Markdown source that reads as that text, within a line. */
export function escapeMarkdown(text: string): string {
  return text.replace(MARKUP, '\\$&').replace(MENTION, `@${WORD_JOINER}`);
}

/** Markdown of a line: what happens to stand at its beginning means nothing. */
export function guardLineStart(line: string): string {
  return line.replace(
    LINE_START,
    (_all, space: string, mark: string | undefined, number: string, dot: string) =>
      mark === undefined ? `${space}${number}\\${dot}` : `${space}\\${mark}`,
  );
}

/** A code span: fenced by more backticks than the text holds in a row. */
export function codeSpan(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  const fence = '`'.repeat(1 + Math.max(0, ...runs.map((run) => run.length)));
  const pad = text.startsWith('`') || text.endsWith('`') ? ' ' : '';
  return `${fence}${pad}${text}${pad}${fence}`;
}

/** The fence of a code block around this text. */
export function fenceFor(text: string): string {
  const runs = text.match(/`+/g) ?? [];
  return '`'.repeat(Math.max(3, 1 + Math.max(0, ...runs.map((run) => run.length))));
}

/** An address that may become a link: http or https, without login, nothing that ends a Markdown link. */
export function linkTarget(url: string): string | null {
  if (!/^https?:\/\/[^\s/?#]+/i.test(url) || url.length > 4000) return null;
  const encoded = url
    .replace(/[\s<>"`\\^{|}]/g, encodeURIComponent)
    .replace(/[()']/g, (character) => `%${character.charCodeAt(0).toString(16)}`);
  return harmless(encoded);
}
