import { greatest, sum } from 'd3-array';
import pMap from 'p-map';
import type { Gap } from '../../../../model/gap.js';
import type { Binding } from '../../../../model/reading.js';
import type { Limits } from '../../attempt.js';
import { CONCURRENCY } from '../../deps.js';
import { gapOf, unreadSource } from '../../gaps.js';
import { BadQuery, NotRecorded } from '../source/errors.js';
import { patienceFor, servicesCovered } from '../source/parts.js';
import { askAll } from '../source/several-sources.js';
import type { MetricsSource } from '../source/source.js';
import { nameIn } from './binding.js';
import type { CalleeLabels, Detection, Pack, ServiceLabel } from './schema.js';
import { quotePromql } from './template.js';

export interface Detected {
  /** The packs that apply, most believed first. */
  bindings: Binding[];
  /** Services by the names that the packs' labels hold, those of the most believed pack first. */
  services: string[];
  /** Of several sources those that could not be read. */
  away: string[];
  gaps: Gap[];
}

export interface DetectOptions extends Limits {
  /** Pack names to use whatever the source holds; `auto` asks the source. */
  use: 'auto' | readonly string[];
  window: { start: number; end: number };
}

/** A label is taken when it names the service of this share of a metric's series. */
const ENOUGH = 0.9;

/** @returns packs of the pinned names; `otel-http` means all its variants. */
export function pinned(
  packs: readonly Pack[],
  names: readonly string[],
): { packs: Pack[]; unknown: string[] } {
  const isNamed = (pack: Pack, name: string): boolean =>
    pack.name === name || pack.name.startsWith(`${name}/`);
  return {
    packs: packs.filter((pack) => names.some((name) => isNamed(pack, name))),
    unknown: names.filter((name) => !packs.some((pack) => isNamed(pack, name))),
  };
}

/**
 * Asks the source which packs apply and which of their labels name services there: one reading of its index of metric
 * names, then one small query for each pack that it has. A pack whose query is not answered is a gap. Of several
 * sources each has packs of its own, and one whose index cannot be read is a gap.
 *
 * @throws SourceError, OutOfTime when no index can be read: nothing is known of any source then
 */
export async function detectPacks(
  source: MetricsSource,
  packs: readonly Pack[],
  options: DetectOptions,
): Promise<Detected> {
  if (!source.parts) return detectAt(source, packs, options);
  const limits = { ...options, ...patienceFor(source.parts.length, options) };
  const { answers, unanswered } = await askAll(source.parts, (part) => detectAt(part, packs, limits));
  const services = answers.flatMap(({ part, answer }) => servicesCovered(part, answer.services));
  return {
    bindings: answers.flatMap(({ part, answer }) =>
      answer.bindings.map((binding) => ({ ...binding, source: part.name })),
    ),
    services: [...new Set(services)],
    away: unanswered.map(({ part }) => part.name),
    gaps: [
      ...unanswered.map(({ part, error }) => unreadSource(part, error)),
      ...answers.flatMap(({ answer }) => answer.gaps),
    ],
  };
}

async function detectAt(
  source: MetricsSource,
  packs: readonly Pack[],
  options: DetectOptions,
): Promise<Detected> {
  const { window } = options;
  const gaps: Gap[] = [];
  const candidates = new Set(packs.flatMap(namesOf));
  const metrics = await source.metricNames([...candidates].sort(), options);
  const present = packs.filter(({ detect }) => isThere(detect, metrics));
  let chosen = present;
  if (options.use !== 'auto') {
    const pins = pinned(packs, options.use);
    chosen = pins.packs;
    for (const name of pins.unknown) {
      gaps.push({
        source: source.name,
        what: `metric pack ${name}`,
        reason: 'there is no pack of this name',
      });
    }
  }
  const bound = await pMap(
    chosen,
    async (pack) => {
      try {
        return await bind(source, pack, metrics, window.end, options);
      } catch (error) {
        // A server without such histograms has no functions for them; a recording was not asked.
        if (pack.native !== undefined && (error instanceof BadQuery || error instanceof NotRecorded))
          return null;
        gaps.push(gapOf(error, options, source.name, `metric pack ${pack.name}`));
        return null;
      }
    },
    { concurrency: CONCURRENCY },
  );
  const found = bound.filter((one) => one !== null);
  return {
    bindings: found.map(({ binding }) => binding),
    services: [...new Set(found.flatMap(({ services }) => services))],
    away: [],
    gaps,
  };
}

function namesOf({ detect: { all, any, like }, callees }: Pack): string[] {
  return [...all, ...any, like, callees?.metric].filter((name) => name !== undefined);
}

function isThere({ all, any, like }: Detection, metrics: ReadonlySet<string>): boolean {
  const has = (name: string): boolean => metrics.has(name);
  return (
    all.every(has) &&
    (any.length === 0 || any.some(has)) &&
    (like === undefined || namesLike(like, metrics).length > 0)
  );
}

function namesLike(pattern: string, metrics: ReadonlySet<string>): string[] {
  const whole = new RegExp(`^(?:${pattern})$`);
  return [...metrics].filter((name) => whole.test(name));
}

/** Reads off one metric of the pack which labels name its services and hosts; null where it is not there after all. */
async function bind(
  source: MetricsSource,
  pack: Pack,
  metrics: ReadonlySet<string>,
  time: number,
  limits: Limits,
): Promise<{ binding: Binding; services: string[] } | null> {
  const { service, host } = pack.labels;
  // Whatever is scraped has targets and processes; what serves requests is a service.
  const measuresServices = pack.signals.some(
    ({ family, perspective }) => family === 'golden' && perspective === 'server',
  );
  const binding: Binding = {
    pack: pack.name,
    service: service[0]?.label ?? 'service',
    host: host[0] ?? 'instance',
    namespaced: false,
  };
  const { callees } = pack;
  if (callees) {
    binding.callees = metrics.has(callees.metric) ? await calleesThere(source, callees, time, limits) : [];
  }
  const { all, any, like } = pack.detect;
  const metric =
    (pack.native === undefined ? undefined : `histogram_count(${pack.native})`) ??
    [...all, ...any].find((name) => metrics.has(name)) ??
    (like === undefined ? undefined : `{__name__=~${quotePromql(like)}}`);
  const isOpen = service.length > 1 || host.length > 1 || (measuresServices && service.length > 0);
  if (metric === undefined || (!isOpen && pack.native === undefined)) return { binding, services: [] };

  const labels = [...service.map(({ label }) => label), ...host];
  const { series } = await source.instant(`count by (${labels.join(', ')}) (${metric})`, time, limits);
  // A summary has the name of a native histogram.
  if (series.length === 0 && pack.native !== undefined) return null;
  const rows = series.map(({ labels, values }) => ({ labels, count: values[0] ?? 0 }));
  const chosen = bestServiceLabel(service, rows);
  if (chosen) binding.service = chosen.label;
  if (chosen?.pattern !== undefined) binding.pattern = chosen.pattern;
  const hosts = host.map((label) => ({ label, pattern: undefined }));
  binding.host = bestLabel(hosts, rows)?.label ?? binding.host;
  const services = chosen ? [...new Set(namesBy(chosen, rows))].sort() : [];
  binding.namespaced = services.some((name) => name.includes('/'));
  return { binding, services: measuresServices ? services : [] };
}

/** Those of the labels that name a callee of some series. */
async function calleesThere(
  source: MetricsSource,
  { metric, labels }: CalleeLabels,
  time: number,
  limits: Limits,
): Promise<string[]> {
  const names = labels.map(({ label }) => label);
  const { series } = await source.instant(`count by (${names.join(', ')}) (${metric})`, time, limits);
  return names.filter((name) => series.some(({ labels }) => labels[name]));
}

interface Row {
  labels: Record<string, string>;
  count: number;
}

/** What scrapers call a group of targets: a service, or many. */
const SCRAPE_LABELS: ReadonlySet<string> = new Set(['exported_job', 'job']);

/**
 * The best label; where it gives all series the one name of their scrape job, one that tells several services apart.
 */
function bestServiceLabel(
  candidates: readonly ServiceLabel[],
  rows: readonly Row[],
): ServiceLabel | undefined {
  const best = bestLabel(candidates, rows);
  if (!best || !SCRAPE_LABELS.has(best.label) || countOfNames(best, rows) > 1) return best;
  const finer = candidates.slice(candidates.indexOf(best) + 1);
  return finer.find((one) => shareOf(one, rows) >= ENOUGH && countOfNames(one, rows) > 1) ?? best;
}

function bestLabel(candidates: readonly ServiceLabel[], rows: readonly Row[]): ServiceLabel | undefined {
  return (
    candidates.find((one) => shareOf(one, rows) >= ENOUGH) ??
    greatest(candidates, (one) => shareOf(one, rows))
  );
}

/** The share of series that a label names the service of. */
function shareOf({ label, pattern }: ServiceLabel, rows: readonly Row[]): number {
  const named = sum(rows, ({ labels, count }) => (nameIn(labels[label] ?? '', pattern) === null ? 0 : count));
  return named / sum(rows, ({ count }) => count);
}

function namesBy({ label, pattern }: ServiceLabel, rows: readonly Row[]): string[] {
  return rows.flatMap(({ labels }) => nameIn(labels[label] ?? '', pattern) ?? []);
}

function countOfNames(one: ServiceLabel, rows: readonly Row[]): number {
  return new Set(namesBy(one, rows)).size;
}
