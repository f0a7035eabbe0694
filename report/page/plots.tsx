/** @jsxRuntime automatic @jsxImportSource preact */
import type { VNode } from 'preact';
import type { IncidentRecord } from '../../model/incident.js';
import { lines, oneLine, shortName } from '../escape.js';
import type { Facts } from '../facts.js';
import { beforeAfter, count, factor, quantity } from '../../model/wording.js';
import { clock, duration, offset } from '../format.js';
import { maskAddress } from '../mask.js';
import { anchorOf, Copyable } from './blocks.js';
import { drawChart, SIZE, type Chart, type TimeMarks } from './chart.js';
import type { PageEvidence, PlottedSeries } from './evidence.js';
import { withArrows } from './inline.js';
import { namedSeries, type NamedSeries } from './named-series.js';

export const PLOTS_TITLE = 'Measurements';

const LONGEST_QUERY = 4000;
const MOST_MARKED_CHANGES = 6;

interface PlotsProps {
  facts: Facts;
  evidence: PageEvidence;
}

/** The affected signal and what the suspect shows, side by side: the two plots to see first. Null without either. */
export function KeyPlots({ facts, evidence }: PlotsProps): VNode | null {
  const shown = plottedOf(facts, evidence).filter(({ isKey }) => isKey);
  if (shown.length === 0) return null;
  return (
    <section aria-label="Affected signal and cause" class="grid key">
      {shown.map((one) => (
        <Plot key={one.named.meta.id} {...one} facts={facts} />
      ))}
    </section>
  );
}

/** The other series that symptoms and evidence name, on one time axis, by the service that they are about. */
export function Plots({ facts, evidence }: PlotsProps): VNode | null {
  const { named, leftOut } = namedSeries(facts.record);
  if (named.length === 0) return null;
  const all = plottedOf(facts, evidence);
  const plotted = all.filter(({ isKey }) => !isKey);
  const owners = [...new Set(plotted.map(({ named: { owner } }) => owner))];
  const absent = named.length - all.length;
  if (plotted.length === 0 && absent === 0 && evidence.missing.length === 0 && leftOut === 0) return null;
  return (
    <section aria-labelledby={anchorOf(PLOTS_TITLE)}>
      <h2 id={anchorOf(PLOTS_TITLE)}>{PLOTS_TITLE}</h2>
      {evidence.missing.map((why) => (
        <p key={why} class="notice">
          {all.length === 0 ? 'No plots' : 'Some plots are missing'}: {oneLine(why, 300)}. Run
          <code> faultline report {shortName(facts.record.id, 80)}</code> to draw them again.
        </p>
      ))}
      {all.length > 0 && <PlotLegend />}
      {owners.map((owner) => (
        <div key={owner} class="plots">
          <h3>{shortName(owner, 60)}</h3>
          <div class="grid">
            {plotted
              .filter((one) => one.named.owner === owner)
              .map((one) => (
                <Plot key={one.named.meta.id} {...one} facts={facts} />
              ))}
          </div>
        </div>
      ))}
      {absent > 0 && evidence.missing.length === 0 && (
        <p class="notice">
          {count(absent, 'named series is', 'named series are')} not in the stored evidence.
        </p>
      )}
      {leftOut > 0 && (
        <p>{count(leftOut, 'further series', 'further series')} named in the record, not plotted.</p>
      )}
    </section>
  );
}

interface Plotted {
  named: NamedSeries;
  series: PlottedSeries;
  isKey: boolean;
}

/** The named series whose samples are stored; key are those of the affected signal and of the cause. */
function plottedOf({ record, symptom, cause }: Facts, evidence: PageEvidence): Plotted[] {
  const stored = new Map(evidence.series.map((series) => [series.meta.id, series]));
  const key = [symptom?.series.id, cause?.series.id];
  return namedSeries(record).named.flatMap((named) => {
    const series = stored.get(named.meta.id);
    return series ? [{ named, series, isKey: key.includes(named.meta.id) }] : [];
  });
}

/** From the first alert to the end of the last one, or of what was looked at. */
function alertSpan({ record, diagnosis }: Facts): TimeMarks['alert'] {
  const { anomalies } = record;
  if (anomalies.length === 0 || !diagnosis) return null;
  const ends = anomalies.map(({ endedAt }) => endedAt ?? diagnosis.window.end);
  return { start: Math.min(...anomalies.map(({ startedAt }) => startedAt)), end: Math.max(...ends) };
}

function Plot({ named, series, isKey, facts }: Plotted & { facts: Facts }): VNode {
  const { meta, movement, roles } = named;
  const { window } = facts.diagnosis!;
  const title = isKey ? `${shortName(named.owner, 40)}: ${titleOf(named)}` : titleOf(named);
  const words = movement === null ? 'for comparison' : movedWords(named, facts.zero);
  const chart: Chart = {
    window,
    zero: facts.zero,
    alert: alertSpan(facts),
    series,
    onset: movement?.onset ?? null,
    changes: changesOn(named, facts.record, facts.change?.id ?? null),
    label: `Plot: ${title}, ${words}`,
  };
  return (
    <figure class="plot">
      <figcaption>
        <strong>{title}</strong> <span class="moved">{withArrows(words)}</span>
        <span class="roles">{roles.slice(0, 3).join(' · ')}</span>
      </figcaption>
      <div
        class="charts"
        data-points={pointsOf(series, window.start)}
        data-margins={`${SIZE.width},${SIZE.left},${SIZE.right}`}
        // Markup of a chart library; the one text from outside in it is escaped there.
        dangerouslySetInnerHTML={{ __html: drawChart(chart) }}
      />
      <details>
        <summary>
          Query<span class="unseen"> of {title}</span>, from {oneLine(meta.source, 60)}, unit{' '}
          {unitWords(meta.unit)}
        </summary>
        <Copyable text={lines(maskAddress(meta.query), LONGEST_QUERY)} />
      </details>
    </figure>
  );
}

function titleOf({ meta }: NamedSeries): string {
  const name = oneLine(meta.name, 60);
  const { subject } = meta;
  if (subject.kind === 'edge') return `${name}, called by ${shortName(subject.caller, 40)}`;
  return subject.kind === 'host' ? `${name} of the host` : name;
}

function movedWords({ movement }: NamedSeries, zero: number): string {
  const { before, after, unit, onset } = movement!;
  const change = factor(before, after);
  const within = onset.uncertaintySeconds > 0 ? ` ± ${duration(onset.uncertaintySeconds)}` : '';
  const size = change === '' ? '' : ` (${change})`;
  return `${beforeAfter(before, after, unit)}${size} from ${clock(onset.time)} UTC${within} (${offset(onset.time, zero)})`;
}

function unitWords(unit: string): string {
  if (unit === '1' || unit === 'ratio') return 'share of one';
  return unit === 's' ? 'seconds' : unit;
}

/** The change that the verdict names is marked everywhere, others where they belong. */
function changesOn(
  { owner }: NamedSeries,
  { changes }: IncidentRecord,
  named: string | null,
): Chart['changes'] {
  return changes
    .filter(({ id, service }) => id === named || service === owner)
    .map(({ id, time }) => ({ time, named: id === named }))
    .sort((a, b) => Number(b.named) - Number(a.named))
    .slice(0, MOST_MARKED_CHANGES);
}

/** What the script shows under the pointer: `30:20 ms;45:1.2 s`, seconds from the start of the window. */
function pointsOf({ times, values, meta }: PlottedSeries, start: number): string {
  return times
    .map((time, index) => {
      const value = values[index];
      return `${Math.round(time - start)}:${value == null ? 'no data' : quantity(value, meta.unit)}`;
    })
    .join(';');
}

const LEGEND: readonly { kind: string; words: string }[] = [
  { kind: 'line', words: 'measured' },
  { kind: 'usual', words: 'baseline range' },
  { kind: 'onset', words: 'onset (band = uncertainty)' },
  { kind: 'zero', words: 'T+0' },
  { kind: 'change', words: 'change' },
  { kind: 'alert', words: 'alert firing' },
  { kind: 'gap', words: 'no data' },
];

function PlotLegend(): VNode {
  return (
    <ul class="legend">
      {LEGEND.map(({ kind, words }) => (
        <li key={kind}>
          <svg viewBox="0 0 30 16" aria-hidden="true">
            <Sign kind={kind} />
          </svg>
          {words}
        </li>
      ))}
    </ul>
  );
}

function Sign({ kind }: { kind: string }): VNode {
  switch (kind) {
    case 'line':
      return <path d="M1,12 L9,9 L15,11 L21,3 L29,5" fill="none" stroke="var(--line)" stroke-width="1.8" />;
    case 'usual':
    case 'gap':
      return <rect width="30" height="16" fill={`var(--${kind})`} />;
    case 'alert':
      return <rect y="4" width="30" height="6" fill="var(--alert)" />;
    case 'onset':
      return (
        <>
          <rect x="7" width="16" height="16" fill="var(--onset-soft)" />
          <path d="M15,0 V16" stroke="var(--onset)" stroke-width="1.6" />
        </>
      );
    case 'change':
      return (
        <>
          <path d="M15,0 V16" stroke="var(--change)" stroke-width="1.6" stroke-dasharray="4,2" />
          <path d="M10.5,16 L19.5,16 L15,8.5 z" fill="var(--change)" />
        </>
      );
    default:
      return <path d="M15,0 V16" stroke="var(--zero)" stroke-width="1.6" stroke-dasharray="1.5,2.5" />;
  }
}
