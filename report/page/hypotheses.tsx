/** @jsxRuntime automatic @jsxImportSource preact */
import type { VNode } from 'preact';
import type { Evidence, Suspect } from '../../model/diagnosis.js';
import { oneLine, shortName } from '../escape.js';
import { clearFaultType, type Facts } from '../facts.js';
import { count, FAULT_TYPE_WORDS, wholePercent } from '../../model/wording.js';
import { withArrows } from './inline.js';

const STATUS_WORDS: Record<Suspect['status'], string> = {
  leading: 'leading',
  possible: 'possible',
  'ruled-out': 'ruled out',
};

/** Suspects below are counted only. */
const WORTH_SHOWING = 0.01;

/** The suspects by their rank, with the heaviest observation for it and against it. */
export function Hypotheses({ facts }: { facts: Facts }): VNode | null {
  const all = facts.diagnosis?.suspects ?? [];
  const suspects = all.filter(({ confidence }, index) => index === 0 || confidence >= WORTH_SHOWING);
  const more = all.length - suspects.length;
  if (suspects.length === 0) return null;
  return (
    <table class="hypotheses">
      <caption>Suspects by rank{more > 0 && `; ${count(more, 'other')} below 1 %`}</caption>
      <thead>
        <tr>
          <th scope="col" class="number">
            Rank
          </th>
          <th scope="col">Suspect</th>
          <th scope="col">Confidence</th>
          <th scope="col">Strongest for</th>
          <th scope="col">Strongest against</th>
          <th scope="col">Status</th>
        </tr>
      </thead>
      <tbody>
        {suspects.map((suspect, index) => (
          <tr key={suspect.service} class={suspect.status}>
            <td class="number" data-column="Rank">
              {index + 1}
            </td>
            <td data-column="Suspect">
              <strong>{shortName(suspect.service, 60)}</strong>
              <br />
              {typeOf(suspect)}
            </td>
            <td data-column="Confidence">
              <Bar share={suspect.confidence} />
              {wholePercent(suspect.confidence)}
            </td>
            <td data-column="For">{heaviest(suspect, 'for')}</td>
            <td data-column="Against">{heaviest(suspect, 'against')}</td>
            <td data-column="Status">{STATUS_WORDS[suspect.status]}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function typeOf(suspect: Suspect): string {
  const type = clearFaultType(suspect);
  return type === null ? 'fault type unclear' : FAULT_TYPE_WORDS[type];
}

/** The number stands beside it. */
function Bar({ share }: { share: number }): VNode {
  return (
    <svg class="bar" viewBox="0 0 100 8" preserveAspectRatio="none" aria-hidden="true">
      <rect class="all" width="100" height="8" rx="2" />
      <rect class="part" width={Math.max(1, Math.round(share * 100))} height="8" rx="2" />
    </svg>
  );
}

function heaviest({ evidence }: Suspect, stance: Evidence['stance']): string {
  const [first, ...others] = evidence
    .filter((one) => one.stance === stance)
    .sort((a, b) => b.weight - a.weight);
  if (!first) return 'nothing';
  return `${withArrows(oneLine(first.statement, 200))}${others.length > 0 ? ` (and ${others.length} more)` : ''}`;
}
