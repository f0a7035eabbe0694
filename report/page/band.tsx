/** @jsxRuntime automatic @jsxImportSource preact */
import type { VNode } from 'preact';
import type { Document } from '../document.js';
import type { Facts } from '../facts.js';
import { anchorOf, Blocks } from './blocks.js';
import { withArrows } from './inline.js';
import { Story } from './story.js';

type Standing = 'confirmed' | 'suspected' | 'inconclusive' | 'none' | 'over';

interface BandProps {
  facts: Facts;
  document: Document;
  /** Titles of the sections below. */
  index: readonly string[];
}

/** What is read in the first ten seconds: how sure, what is broken and why, and how it stands. */
export function Band({ facts, document, index }: BandProps): VNode {
  const { badge, rest } = splitTitle(document.title);
  const standing = standingOf(facts);
  const section = (title: string) => document.sections.find((one) => one.title === title)?.blocks ?? [];
  return (
    <header>
      <p class={`badge ${standing}`}>
        <Mark standing={standing} />
        {badge}
      </p>
      <h1>{withArrows(rest)}</h1>
      <div class="lead">
        <Blocks blocks={section('Summary')} />
      </div>
      <Story facts={facts} />
      <Blocks blocks={section('Status')} />
      <nav aria-label="On this page">
        <ul>
          {index.map((title) => (
            <li key={title}>
              <a href={`#${anchorOf(title)}`}>{title}</a>
            </li>
          ))}
        </ul>
      </nav>
    </header>
  );
}

function splitTitle(title: string): { badge: string; rest: string } {
  const [, badge = 'Incident', rest = title] = /^\[([^\]]+)\] (.*)$/s.exec(title) ?? [];
  return { badge, rest };
}

function standingOf({ diagnosis, closedAt }: Facts): Standing {
  if (closedAt !== null) return 'over';
  return diagnosis?.verdict.level ?? 'none';
}

/** Each standing has a shape of its own beside its word and its colour. */
const SHAPES: Record<Standing, string> = {
  confirmed: 'M8,1 L15,14.5 H1 z M8,6 V10 M8,11.8 V12.6',
  suspected: 'M8,1 L15,8 L8,15 L1,8 z M8,4.8 V8.8 M8,10.4 V11.2',
  inconclusive: 'M8,1 A7,7 0 1 1 7.99,1 z M5,8 H11',
  none: 'M8,1 A7,7 0 1 1 7.99,1 z',
  over: 'M8,1 A7,7 0 1 1 7.99,1 z M4.8,8.2 L7.2,10.6 L11.4,5.8',
};

function Mark({ standing }: { standing: Standing }): VNode {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path
        d={SHAPES[standing]}
        fill="none"
        stroke="currentColor"
        stroke-width="1.6"
        stroke-linejoin="round"
      />
    </svg>
  );
}
