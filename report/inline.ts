import type { Span, Text } from './document.js';
import { codeSpan, escapeMarkdown } from './escape.js';

/** A part of a line as Markdown. The beginning of a whole line needs a guard of its own (`guardLineStart`). */
export function inlineMarkdown(words: Text): string {
  return words.map(spanMarkdown).join('');
}

/** The title as Markdown. Its badge, `[Suspected]`, is our own word and stays readable in the source. */
export function titleMarkdown(title: string): string {
  const badge = /^\[[\w: ]+\] /.exec(title)?.[0] ?? '';
  return badge + escapeMarkdown(title.slice(badge.length));
}

export function spanMarkdown(part: Span): string {
  if (typeof part === 'string') return escapeMarkdown(part);
  if ('strong' in part) return part.strong === '' ? '' : `**${escapeMarkdown(part.strong)}**`;
  if ('code' in part) return codeSpan(part.code);
  return 'ref' in part ? `[${part.ref}]` : `[${escapeMarkdown(part.link)}](<${withoutAts(part.url)}>)`;
}

/** The same address with every @ encoded behind its host: where links are not understood, one would call somebody. */
function withoutAts(url: string): string {
  const [, host = '', rest = ''] = /^([^/]*\/\/[^/?#]*)(.*)$/su.exec(url) ?? [null, '', url];
  return host + rest.replaceAll('@', '%40');
}
