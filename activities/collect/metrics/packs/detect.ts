import { greatest, sum } from 'd3-array';
import pMap from 'p-map';
import type { Gap } from '../../../../model/gap.js';
import type { Binding } from '../../../../model/reading.js';
import type { Limits } from '../../attempt.js';
import { CONCURRENCY } from '../../deps.js';
import { gapOf } from '../../gaps.js';
import type { MetricsSource } from '../source/source.js';
import type { Pack } from './schema.js';

export interface Detected {
  /** The packs that apply, most believed first. */
  bindings: Binding[];
  /** Services by the names that the packs' labels hold, those of the most believed pack first. */
  services: string[];
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
 * names, then one small query for each pack that it has. A pack whose query is not answered is a gap.
 *
 * @throws SourceError, OutOfTime when the index cannot be read: nothing is known of the source then
 */
export async function detectPacks(
  source: MetricsSource,
  packs: readonly Pack[],
  options: DetectOptions,
): Promise<Detected> {
  const { window } = options;
  const gaps: Gap[] = [];
  const candidates = [...new Set(packs.flatMap(({ detect }) => [...detect.all, ...detect.any]))].sort();
  const metrics = await source.metricNames(candidates, options);
  const present = packs.filter(({ detect }) => {
    const has = (name: string): boolean => metrics.has(name);
    return detect.all.every(has) && (detect.any.length === 0 || detect.any.some(has));
  });
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
    gaps,
  };
}

/** Reads off one metric of the pack which labels name its services and hosts. */
async function bind(
  source: MetricsSource,
  pack: Pack,
  metrics: ReadonlySet<string>,
  time: number,
  limits: Limits,
): Promise<{ binding: Binding; services: string[] }> {
  const { service, host } = pack.labels;
  // Whatever is scraped has targets and processes; what serves requests is a service.
  const measuresServices = pack.signals.some(
    ({ family, perspective }) => family === 'golden' && perspective === 'server',
  );
  const binding: Binding = {
    pack: pack.name,
    service: service[0] ?? 'service',
    host: host[0] ?? 'instance',
    namespaced: false,
  };
  const metric = [...pack.detect.all, ...pack.detect.any].find((name) => metrics.has(name));
  const isOpen = service.length > 1 || host.length > 1 || (measuresServices && service.length > 0);
  if (metric === undefined || !isOpen) return { binding, services: [] };

  const { series } = await source.instant(
    `count by (${[...service, ...host].join(', ')}) (${metric})`,
    time,
    limits,
  );
  const rows = series.map(({ labels, values }) => ({ labels, count: values[0] ?? 0 }));
  binding.service = bestLabel(service, rows) ?? binding.service;
  binding.host = bestLabel(host, rows) ?? binding.host;
  const services = rows.flatMap(({ labels }) => labels[binding.service] ?? []).sort();
  binding.namespaced = services.some((name) => name.includes('/'));
  return { binding, services: measuresServices ? services : [] };
}

function bestLabel(
  candidates: readonly string[],
  rows: readonly { labels: Record<string, string>; count: number }[],
): string | undefined {
  const total = sum(rows, ({ count }) => count);
  const share = (label: string): number =>
    sum(rows, ({ labels, count }) => (labels[label] ? count : 0)) / total;
  return candidates.find((label) => share(label) >= ENOUGH) ?? greatest(candidates, share);
}
