/** @jsxRuntime automatic @jsxImportSource preact */
import { Fragment, type VNode } from 'preact';
import type { Span, Text } from '../document.js';

/** A run of text as HTML; what it holds is escaped by construction. */
export function Inline({ text }: { text: Text }): VNode {
  return (
    <>
      {text.map((part, index) =>
        typeof part === 'string' ? withArrows(part) : <Part key={index} part={part} />,
      )}
    </>
  );
}

/** `20 ms -> 1.2 s` with a real arrow, which stays on the line of what it comes from. */
export function withArrows(words: string): string {
  return words.replaceAll(' -> ', '\u00a0→ ');
}

function Part({ part }: { part: Exclude<Span, string> }): VNode {
  if ('strong' in part) return part.strong === '' ? <Fragment /> : <strong>{part.strong}</strong>;
  if ('code' in part) return <code>{part.code}</code>;
  if ('ref' in part) {
    return (
      <a class="ref" href={`#${part.ref}`} aria-label={`query ${part.ref}`}>
        [{part.ref}]
      </a>
    );
  }
  return (
    <a href={part.url} rel="noreferrer noopener nofollow">
      {part.link}
    </a>
  );
}
