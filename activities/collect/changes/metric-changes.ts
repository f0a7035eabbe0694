import { group } from 'd3-array';
import type { Change } from '../../../model/change.js';
import type { ServiceNames } from '../scope/service-names.js';
import type { ChangeSpec } from '../metrics/packs/schema.js';
import { fill } from '../metrics/packs/template.js';
import type { AnswerSeries } from '../metrics/source/source.js';

/** What one change query of a pack gave, and how to read it. */
export interface Watched {
  spec: ChangeSpec;
  /** Label that names the service. */
  label: string;
  series: readonly AnswerSeries[];
}

/** A step found in metrics. */
interface Step {
  service: string;
  time: number;
  from: string;
  to: string;
}

/**
 * Reads changes off steps in metrics: a new value of a label, a sample that differs from the one before, an age that
 * fell. Times are exact to one step of the query; a restart's is exact.
 */
export function changesIn(watched: Watched, services: ServiceNames, source: string): Change[] {
  const { spec } = watched;
  return stepsIn(watched, services).map(({ service, time, from, to }) => ({
    id: `${source}/${spec.id}/${service}/${Math.round(time)}`,
    kind: spec.kind,
    time,
    service,
    title: fill(spec.title, { name: service, from, to }),
    details: '',
    files: [],
    author: null,
    link: null,
    source,
  }));
}

function stepsIn({ spec, label, series }: Watched, services: ServiceNames): Step[] {
  switch (spec.when) {
    case 'label-appears':
      return byService(series, label, services).flatMap(([service, own]) =>
        newLabels(service, own, spec.valueLabel!),
      );
    case 'value-changes':
      return byService(series, label, services).flatMap(([service, own]) =>
        own.flatMap((one) => jumps(service, one)),
      );
    case 'age-resets':
      return byService(series, label, services).flatMap(([service, own]) =>
        own.flatMap((one) => resets(service, one)),
      );
  }
}

function byService(
  series: readonly AnswerSeries[],
  label: string,
  services: ServiceNames,
): [service: string, own: AnswerSeries[]][] {
  const groups = group(series, ({ labels }) => services.resolve(labels[label] ?? ''));
  return [...groups].flatMap(([service, own]) => (service === null ? [] : [[service, own]]));
}

/** A value that was there from the first moment that the service was seen is no change, but where one began. */
function newLabels(service: string, series: readonly AnswerSeries[], valueLabel: string): Step[] {
  const appearances = series
    .map(({ labels, times, values }) => {
      const first = values.findIndex((value) => !Number.isNaN(value));
      return { value: labels[valueLabel] ?? '', time: first < 0 ? Infinity : times[first]! };
    })
    .filter(({ time, value }) => Number.isFinite(time) && value !== '')
    .sort((a, b) => a.time - b.time);
  const [begin] = appearances;
  return appearances
    .map((one, i) => ({ service, time: one.time, from: appearances[i - 1]?.value ?? '', to: one.value }))
    .filter(({ time }) => begin !== undefined && time > begin.time);
}

function jumps(service: string, { times, values }: AnswerSeries): Step[] {
  const steps: Step[] = [];
  let last = NaN;
  values.forEach((value, i) => {
    if (Number.isNaN(value)) return;
    if (!Number.isNaN(last) && value !== last) {
      steps.push({ service, time: times[i]!, from: String(last), to: String(value) });
    }
    last = value;
  });
  return steps;
}

/** The age falls when something was started again, and gives the time of that. */
function resets(service: string, { times, values }: AnswerSeries): Step[] {
  const steps: Step[] = [];
  let last = NaN;
  values.forEach((age, i) => {
    if (Number.isNaN(age)) return;
    if (age < last) steps.push({ service, time: times[i]! - age, from: String(last), to: String(age) });
    last = age;
  });
  return steps;
}

/** A deploy restarts what it deploys, and a source of changes knows more of a change than a step in metrics shows. */
const SAME_CHANGE_SECONDS = 180;

/**
 * Leaves out steps that only mirror a change that is known already: of one service, at nearly one time, found in
 * metrics while a source reports it, or a restart beside anything else.
 */
export function withoutEchoes(reported: readonly Change[], found: readonly Change[]): Change[] {
  const near = (a: Change, b: Change): boolean =>
    a.service === b.service && Math.abs(a.time - b.time) <= SAME_CHANGE_SECONDS;
  const isRestart = (one: Change): boolean => one.kind === 'restart';
  const kept = found.filter((one) => !reported.some((other) => near(one, other)));
  const lasting = kept.filter((one) => !isRestart(one));
  const restarts = kept.filter((one) => isRestart(one) && !lasting.some((other) => near(one, other)));
  return [...reported, ...lasting, ...restarts].sort((a, b) => a.time - b.time || a.id.localeCompare(b.id));
}
