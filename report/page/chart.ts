import * as Plot from '@observablehq/plot';
import { ticks } from 'd3-array';
import { parseHTML } from 'linkedom';
import type { Onset } from '../../model/diagnosis.js';
import { quantity } from '../../model/wording.js';
import { clock, clockMinute } from '../format.js';
import type { PlottedSeries } from './evidence.js';

/** What is marked on the time axis of every plot of a page. Times in unix seconds. */
export interface TimeMarks {
  window: { start: number; end: number; stepSeconds: number };
  /** T+0. */
  zero: number;
  /** When the first alert began and the last one ended; null without any. */
  alert: { start: number; end: number } | null;
}

export interface Chart extends TimeMarks {
  series: PlottedSeries;
  /** When this series left its usual range. */
  onset: Onset | null;
  /** Changes to mark; the one that the verdict names is drawn stronger. */
  changes: readonly { time: number; named: boolean }[];
  /** The description for screen readers. */
  label: string;
}

/** Small multiples: two beside each other on a wide screen, one on a phone, in letters that can be read on both. */
export const SIZE = { width: 400, height: 128, left: 66, right: 22, timeTicks: 4 };

/** Plot draws into any document; this one belongs to no browser. */
const { document } = parseHTML('<!doctype html><html><body></body></html>');

/** One plot as SVG markup. It holds no text from outside but `label`, which is escaped. */
export function drawChart(chart: Chart): string {
  const { series, window, zero, alert, onset, changes } = chart;
  const [low, high] = valueRange(series);
  const top = high + 0.12 * (high - low);
  const isInside = ({ time }: { time: number }) => time >= window.start && time <= window.end;
  const marked = changes.filter(isInside);
  const points = series.times.map((time, index) => ({ time: at(time), value: series.values[index] ?? NaN }));
  const svg = Plot.plot({
    document,
    className: 'chart',
    ariaLabel: chart.label,
    width: SIZE.width,
    height: SIZE.height,
    marginLeft: SIZE.left,
    marginRight: SIZE.right,
    marginTop: 6,
    marginBottom: 22,
    x: { type: 'utc', domain: [at(window.start), at(window.end)] },
    y: { domain: [low, top] },
    marks: [
      span(gapsOf(series, window), low, top, 'var(--gap)'),
      series.usual && span([window], series.usual.low, series.usual.high, 'var(--usual)'),
      Plot.gridY(valueTicks(low, high, series.meta.unit), { stroke: 'var(--grid)', strokeOpacity: 1 }),
      onset && span(within(around(onset), window), low, top, 'var(--onset-soft)'),
      alert && span(within(alert, window), top - 0.06 * (top - low), top, 'var(--alert)'),
      rule(marked, 'var(--change)', '5,3'),
      Plot.dot(marked, {
        x: ({ time }: { time: number }) => at(time),
        y: low,
        dy: -5,
        symbol: 'triangle',
        r: 4,
        fill: 'var(--change)',
      }),
      onset && rule([onset].filter(isInside), 'var(--onset)'),
      rule([{ time: zero }].filter(isInside), 'var(--zero)', '2,4'),
      Plot.lineY(points, { x: 'time', y: 'value', stroke: 'var(--line)', strokeWidth: 1.6 }),
      Plot.axisX({ ...timeAxis(window, SIZE.timeTicks), color: 'var(--muted)', fontSize: 11, tickSize: 4 }),
      Plot.axisY(valueTicks(low, high, series.meta.unit), {
        label: null,
        tickSize: 0,
        tickFormat: (value: number) => quantity(value, series.meta.unit),
        color: 'var(--muted)',
        fontSize: 11,
      }),
    ],
  });
  svg.setAttribute('role', 'img');
  svg.setAttribute('class', 'chart');
  // It is scaled by the style sheet, which also says what Plot's own says; the policy of the page allows no other.
  for (const name of ['width', 'height']) svg.removeAttribute(name);
  svg.querySelector('style')?.remove();
  // One label describes it; its parts have no role that could have a name.
  for (const part of svg.querySelectorAll('[aria-label]')) part.removeAttribute('aria-label');
  svg.setAttribute('aria-label', chart.label);
  roundCoordinates(svg);
  return svg.outerHTML;
}

/** Attributes that hold nothing but coordinates, in pixels. */
const COORDINATES = ['d', 'x', 'y', 'x1', 'x2', 'y1', 'y2', 'width', 'height', 'transform'];

/** A tenth of a pixel is enough; labels and values keep their digits. */
function roundCoordinates(svg: Element): void {
  for (const part of svg.querySelectorAll('*')) {
    for (const name of COORDINATES) {
      const value = part.getAttribute(name);
      if (value !== null) part.setAttribute(name, value.replace(/(\d\.\d)\d+/g, '$1'));
    }
  }
}

function at(time: number): Date {
  return new Date(time * 1000);
}

function around({ time, uncertaintySeconds }: Onset): Stretch {
  return { start: time - uncertaintySeconds, end: time + uncertaintySeconds };
}

interface Stretch {
  start: number;
  end: number;
}

/** As much of a stretch of time as lies within the window. */
function within({ start, end }: Stretch, window: Stretch): Stretch[] {
  const cut = { start: Math.max(start, window.start), end: Math.min(end, window.end) };
  return cut.start < cut.end ? [cut] : [];
}

/** Stretches of time, between two values. */
function span(stretches: readonly Stretch[], low: number, high: number, fill: string): Plot.Markish {
  return Plot.rect([...stretches], {
    x1: ({ start }: { start: number }) => at(start),
    x2: ({ end }: { end: number }) => at(end),
    y1: low,
    y2: high,
    fill,
  });
}

function rule(times: readonly { time: number }[], stroke: string, dashes?: string): Plot.Markish {
  return Plot.ruleX([...times], {
    x: ({ time }: { time: number }) => at(time),
    stroke,
    strokeWidth: 1.4,
    ...(dashes !== undefined && { strokeDasharray: dashes }),
  });
}

/** From zero where that leaves the line room to be read; else around what was measured. */
function valueRange({ values, usual }: PlottedSeries): [low: number, high: number] {
  const measured = values.filter((value) => value !== null);
  const all = usual ? [...measured, usual.low, usual.high] : measured;
  const least = Math.min(...all);
  const most = Math.max(...all);
  if (!Number.isFinite(least)) return [0, 1];
  const low = least >= 0 && least <= 0.6 * most ? 0 : least;
  if (most > low) return [low, most];
  return [Math.min(0, low), Math.max(0, most) || 1];
}

/** Values that are round as they are said: 512 MiB, not 500,000,000 bytes. */
function valueTicks(low: number, high: number, unit: string): number[] {
  const size = sizeOf(Math.max(Math.abs(low), Math.abs(high)), unit);
  return ticks(low / size, high / size, 3).map((value) => value * size);
}

function sizeOf(largest: number, unit: string): number {
  if (unit.startsWith('bytes')) return 1024 ** Math.max(0, Math.floor(Math.log2(largest || 1) / 10));
  return unit === 's' && largest >= 120 ? 60 : 1;
}

function timeAxis({ start, end }: TimeMarks['window'], count: number) {
  const words = (end - start) / count < 60 ? clock : clockMinute;
  return { label: null, ticks: count, tickFormat: (time: Date) => words(time.getTime() / 1000) };
}

/** Stretches of the window without a sample: between two that have a gap between them, and at both ends. */
function gapsOf(
  { times, values }: PlottedSeries,
  { start, end, stepSeconds }: TimeMarks['window'],
): Stretch[] {
  const measured = times.flatMap((time, index) => (values[index] === null ? [] : [{ time, index }]));
  const between = measured.slice(1).flatMap(({ time, index }, number) => {
    const before = measured[number]!;
    return index === before.index + 1 ? [] : [{ start: before.time, end: time }];
  });
  const first = measured[0]?.time ?? end;
  const last = measured.at(-1)?.time ?? end;
  const atEnds = [
    { start, end: first },
    { start: last, end },
  ].filter((stretch) => stretch.end - stretch.start > 2 * stepSeconds);
  return [...between, ...atEnds];
}
