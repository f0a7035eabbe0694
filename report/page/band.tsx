/** @jsxRuntime automatic @jsxImportSource preact */
import type { VNode } from 'preact';
import type { Document } from '../document.js';
import type { Facts } from '../facts.js';
import { anchorOf, Blocks, SectionView } from './blocks.js';
import type { PageEvidence } from './evidence.js';
import { withArrows } from './inline.js';
import { KeyPlots } from './plots.js';
import { Story } from './story.js';

type Level = 'confirmed' | 'suspected' | 'inconclusive' | 'none' | 'over';

interface BandProps {
  facts: Facts;
  document: Document;
  evidence: PageEvidence;
  /** Titles of the sections below. */
  index: readonly string[];
}

/** The first screen: how sure, what is broken and why, the affected signal beside the cause, and what to do next. */
export function Band({ facts, document, evidence, index }: BandProps): VNode {
  const { badge, rest } = splitTitle(document.title);
  const level = levelOf(facts);
  const sectionOf = (title: string) => document.sections.find((one) => one.title === title);
  const actions = sectionOf('Next actions');
  return (
    <header>
      <p class={`badge ${level}`}>
        <Mark level={level} />
        {badge}
      </p>
      <h1>{withArrows(rest)}</h1>
      <div class="lead">
        <Blocks blocks={sectionOf('Summary')?.blocks ?? []} />
      </div>
      <Story facts={facts} />
      <KeyPlots facts={facts} evidence={evidence} />
      {actions && <SectionView section={actions} />}
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

function levelOf({ diagnosis, closedAt }: Facts): Level {
  if (closedAt !== null) return 'over';
  return diagnosis?.verdict.level ?? 'none';
}

/** Each level has a shape of its own beside its word and its colour. */
const SHAPES: Record<Level, string> = {
  confirmed: 'M8,1 L15,14.5 H1 z M8,6 V10 M8,11.8 V12.6',
  suspected: 'M8,1 L15,8 L8,15 L1,8 z M8,4.8 V8.8 M8,10.4 V11.2',
  inconclusive: 'M8,1 A7,7 0 1 1 7.99,1 z M5,8 H11',
  none: 'M8,1 A7,7 0 1 1 7.99,1 z',
  over: 'M8,1 A7,7 0 1 1 7.99,1 z M4.8,8.2 L7.2,10.6 L11.4,5.8',
};

function Mark({ level }: { level: Level }): VNode {
  return (
    <svg viewBox="0 0 16 16" aria-hidden="true">
      <path d={SHAPES[level]} fill="none" stroke="currentColor" stroke-width="1.6" stroke-linejoin="round" />
    </svg>
  );
}
