import { group } from 'd3-array';
import type { Series, Subject } from '../../../model/series.js';
import { hostOf } from '../../../model/identity/names.js';
import type { ServiceNames } from '../scope/service-names.js';
import { queryFor, subjectLabel, type Spans } from './packs/binding.js';
import type { Pack, SignalSpec } from './packs/schema.js';
import type { Binding } from '../../../model/reading.js';
import type { AnswerSeries } from './source/source.js';

/** One signal of one pack, to be pulled for many subjects in one query. */
export interface Question {
  pack: Pack;
  binding: Binding;
  spec: SignalSpec;
}

export interface ReadingContext {
  source: string;
  spans: Spans;
  services: ServiceNames;
  hosts: ReadonlySet<string>;
}

/** The answer to one question as series of the model; what is outside the scope, or holds no sample, is left out. */
export function readSeries(
  { pack, binding, spec }: Question,
  answer: readonly AnswerSeries[],
  context: ReadingContext,
): Series[] {
  const label = subjectLabel(spec, binding);
  const bySubject = new Map<string, Series>();
  for (const { labels, times, values } of answer) {
    const subject = subjectOf(spec, labels, label, context);
    if (subject === null || values.every(Number.isNaN)) continue;
    const id = `${nameOf(subject)}/${spec.id}`;
    const known = bySubject.get(id);
    if (known) {
      combine(known.values, values, spec);
      continue;
    }
    bySubject.set(id, {
      id,
      subject,
      signal: spec.signal,
      name: spec.name,
      unit: spec.unit,
      worse: spec.worse,
      perspective: spec.perspective,
      query: queryFor(spec, pack, binding, [owner(subject)], context.spans, calleeOf(spec, labels)),
      source: binding.source ?? context.source,
      times,
      values,
    });
  }
  return [...bySubject.values()];
}

/** What was read by one pack at one source. */
export interface ReadAnswer {
  binding: Binding;
  series: readonly Series[];
}

/**
 * Joins the answers of several packs and sources. Of the packs of a source the first that knows a signal of a subject
 * is believed. Of several sources those that have metrics of other clusters are of another service of the name, and
 * are read together with it; any other measures the same again: it fills in what the first has no samples of where
 * both are of one cluster, and is left out where that is not known.
 */
export function joinSources(answers: readonly ReadAnswer[]): Series[] {
  const bySource = group(answers, ({ binding }) => binding.source);
  const chosen = new Map<string, Chosen>();
  for (const ofSource of bySource.values()) {
    const own = new Map<string, Chosen>();
    for (const { binding, series } of ofSource) {
      for (const one of series) {
        if (!own.has(one.id)) own.set(one.id, { series: one, clusters: binding.clusters ?? [] });
      }
    }
    for (const [id, one] of own) {
      const known = chosen.get(id);
      chosen.set(id, known ? joined(known, one) : one);
    }
  }
  return [...chosen.values()].map(({ series }) => series);
}

interface Chosen {
  series: Series;
  clusters: readonly string[];
}

function joined(first: Chosen, other: Chosen): Chosen {
  if (first.clusters.length === 0 || other.clusters.length === 0) return first;
  const isCopy = other.clusters.some((cluster) => first.clusters.includes(cluster));
  const values = first.series.values.slice();
  if (isCopy) {
    values.forEach((value, i) => {
      if (Number.isNaN(value)) values[i] = other.series.values[i]!;
    });
    return { ...first, series: { ...first.series, values } };
  }
  combine(values, other.series.values, first.series);
  const source = `${first.series.source}, ${other.series.source}`;
  return { series: { ...first.series, values, source }, clusters: [...first.clusters, ...other.clusters] };
}

function subjectOf(
  spec: SignalSpec,
  labels: Record<string, string>,
  label: string,
  { services, hosts }: ReadingContext,
): Subject | null {
  const raw = labels[label] ?? '';
  if (spec.of === 'host') {
    const host = hostOf(raw);
    return hosts.has(host) ? { kind: 'host', host } : null;
  }
  const service = services.resolve(raw);
  if (service === null) return null;
  if (spec.of === 'service') return { kind: 'service', service };
  const callee = services.resolve(labels[spec.callee ?? ''] ?? '');
  return callee === null || callee === service ? null : { kind: 'edge', caller: service, callee };
}

function calleeOf({ callee }: SignalSpec, labels: Record<string, string>): Record<string, string> {
  return callee === undefined ? {} : { [callee]: labels[callee] ?? '' };
}

/** What a query is narrowed to so that it gives this series again. */
function owner(subject: Subject): string {
  switch (subject.kind) {
    case 'service':
      return subject.service;
    case 'edge':
      return subject.caller;
    case 'host':
      return subject.host;
  }
}

function nameOf(subject: Subject): string {
  switch (subject.kind) {
    case 'service':
      return subject.service;
    case 'edge':
      return `${subject.caller}->${subject.callee}`;
    case 'host':
      return `host:${subject.host}`;
  }
}

/** One subject under two names (`payment`, `payment.shop.svc`): amounts add up, of levels the higher shows. */
function combine(into: Float64Array, other: Float64Array, spec: Pick<Series, 'signal' | 'unit'>): void {
  const addsUp = spec.signal === 'traffic' || spec.unit.endsWith('/s');
  for (let i = 0; i < into.length; i++) {
    const [a, b] = [into[i]!, other[i]!];
    if (Number.isNaN(a)) into[i] = b;
    else if (!Number.isNaN(b)) into[i] = addsUp ? a + b : Math.max(a, b);
  }
}
