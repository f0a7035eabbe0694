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
      source: context.source,
      times,
      values,
    });
  }
  return [...bySubject.values()];
}

/** Joins the answers of several packs: the first that knows a signal of a subject is believed. */
export function firstOfEach(bySource: readonly (readonly Series[])[]): Series[] {
  const chosen = new Map<string, Series>();
  for (const series of bySource.flat()) if (!chosen.has(series.id)) chosen.set(series.id, series);
  return [...chosen.values()];
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
function combine(into: Float64Array, other: Float64Array, spec: SignalSpec): void {
  const addsUp = spec.signal === 'traffic' || spec.unit.endsWith('/s');
  for (let i = 0; i < into.length; i++) {
    const [a, b] = [into[i]!, other[i]!];
    if (Number.isNaN(a)) into[i] = b;
    else if (!Number.isNaN(b)) into[i] = addsUp ? a + b : Math.max(a, b);
  }
}
