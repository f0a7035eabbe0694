import { max, median } from 'd3-array';
import { identify } from '../../../../model/identity/identify.js';
import type { Limits } from '../../attempt.js';
import { SERVICE_LABELS } from '../packs/schema.js';
import { quotePromql } from '../packs/template.js';
import type { AnswerSeries, MetricsSource } from '../source/source.js';
import type { Family } from './inventory.js';
import { outcomeLabelsIn, readOutcome, type OutcomeLabel } from './outcomes.js';

/** Series of one metric whose labels are looked at: which labels there are shows in fewer. */
const MAX_SERIES = 200;

/** Values of one label that are looked at: outcomes are few, and what has more is none. */
const MAX_VALUES = 40;

/** Buckets have fewer bounds than this. */
const MAX_BOUNDS = 400;

/** A label counts when so many of the series carry it. */
const ENOUGH = 0.5;

/** What was seen of one metric. */
export interface Sight {
  family: Family;
  /** The label that names the service; null when none does. */
  service: ServiceLabelSeen | null;
  outcome: OutcomeLabel | null;
  /** The label that names the other side of a call. */
  callee: string | null;
  /** The label that names the operation. */
  operation: string | null;
  /** Upper bounds of buckets, without the infinite one. */
  bounds: number[];
  /** Quantiles by a label, and that label. */
  quantiles: { label: string; values: string[] } | null;
  /** Median and largest of the values now; of a summary those of its quantiles. */
  level: { median: number; max: number };
  /** Of a metric whose type is not known: whether it only ever grew lately. */
  grows: boolean;
}

export interface ServiceLabelSeen {
  label: string;
  /** Whether packs look for it anyway. */
  isUsual: boolean;
  /** It names what an exporter tells of, or is a hint: less than a label for services. */
  isGuess: boolean;
  /** It names who is called, and nothing names the callers: a gateway or proxy counts. */
  isCalled?: true;
}

/** Labels that houses name their services by, beside those that packs look for. */
const HOUSE_LABELS = [
  ...['svc', 'svc_name', 'service_id', 'servicename', 'microservice', 'app_name', 'application_name'],
  ...['dd_service', 'exported_app', 'consumer_group', 'consumergroup'],
];
const USUAL_LABELS = SERVICE_LABELS.map((one) => (typeof one === 'string' ? one : one.label));

/** Labels of the calling side, where another names the called one. */
const CALLER_LABELS = [
  'caller',
  'source_service',
  'src_service',
  'source_workload',
  'source',
  'src',
  'from_service',
];

const CALLEE_LABELS = [
  ...[
    'peer_service',
    'callee',
    'server_address',
    'destination_service',
    'destination_service_name',
    'destination',
  ],
  ...[
    'destination_workload',
    'dst_service',
    'dst',
    'target_service',
    'remote_service',
    'to_service',
    'upstream',
  ],
  ...[
    'upstream_service',
    'dependency',
    'net_peer_name',
    'peer',
    'rpc_service',
    'db_name',
    'backend',
    'target',
  ],
];

const OPERATION_LABELS = [
  ...['http_route', 'route', 'operation', 'op', 'endpoint', 'uri', 'path', 'handler', 'action', 'controller'],
  ...['rpc_method', 'grpc_method', 'method_name', 'span_name', 'command', 'resource', 'topic', 'method'],
];

/** Label of a quantile: that of Prometheus, and those of StatsD, Spring and others. */
const QUANTILE_LABELS = ['quantile', 'percentile', 'phi', 'stat'];

/** Looks at the labels and values of one metric, in four small questions at most. */
export async function lookAt(
  family: Family,
  { source, time, limits }: { source: MetricsSource; time: number; limits: Limits },
): Promise<Sight | null> {
  const ask = async (query: string): Promise<AnswerSeries[]> =>
    (await source.instant(query, time, limits)).series;
  const { name, shape } = family;
  const counted = shape === 'histogram' || shape === 'summary' ? `${name}_count` : name;
  const over = shape === 'native-histogram' ? `histogram_count(${name})` : counted;
  const rows = (await ask(`topk(${MAX_SERIES}, ${over})`)).slice(0, MAX_SERIES);
  if (rows.length === 0) return null;

  const bounds =
    shape === 'histogram' ? await ask(`topk(${MAX_BOUNDS}, count by (le) (${name}_bucket))`) : [];
  const values = shape === 'summary' ? await ask(`topk(${MAX_SERIES}, ${name})`) : rows;
  const carried = (labels: readonly string[], share = ENOUGH): string | null =>
    labels.find((label) => rows.filter((row) => row.labels[label]).length >= share * rows.length) ?? null;
  const callee = carried(CALLEE_LABELS);
  const numbers = values.flatMap((row) => [...row.values]).filter((value) => !Number.isNaN(value));
  const service = serviceLabel(rows, callee);
  const isGateway = service === null && callee !== null;
  return {
    family,
    service: isGateway ? { label: callee, isUsual: false, isGuess: false, isCalled: true } : service,
    outcome: await outcomeOf(over, rows, ask),
    callee: isGateway ? null : callee,
    operation: carried(OPERATION_LABELS),
    bounds: bounds
      .map(({ labels }) => Number(labels['le']))
      .filter(Number.isFinite)
      .sort((a, b) => a - b),
    quantiles: quantilesOf(family, values),
    level: { median: median(numbers) ?? NaN, max: max(numbers) ?? NaN },
    grows: shape === 'gauge' && !family.isTyped && (await isGrowing(name, ask)),
  };
}

/** The label that names the services of most series, by the rules for labels of alerts and targets. */
function serviceLabel(rows: readonly AnswerSeries[], callee: string | null): ServiceLabelSeen | null {
  if (callee !== null) {
    const caller = CALLER_LABELS.find((label) => rows.every((row) => row.labels[label]));
    if (caller !== undefined) return { label: caller, isUsual: false, isGuess: false };
  }
  const serviceLabels = [...HOUSE_LABELS, ...USUAL_LABELS, 'k8s_app', 'component'];
  const votes = new Map<string, { count: number; isGuess: boolean }>();
  for (const { labels } of rows) {
    const own = Object.fromEntries(Object.entries(labels).filter(([label]) => label !== callee));
    const { from, how, exporter } = identify(own, { serviceLabels });
    // The exporter's own name is nobody's; another label beside it may be, though a scrape could have added it.
    if (from === null || how === 'none' || from === exporter?.label) continue;
    const vote = votes.get(from) ?? { count: 0, isGuess: how !== 'named' };
    votes.set(from, { ...vote, count: vote.count + 1 });
  }
  const [best] = [...votes].sort(([, a], [, b]) => b.count - a.count);
  if (!best || best[1].count < ENOUGH * rows.length) return null;
  const [label, { isGuess }] = best;
  return { label, isUsual: USUAL_LABELS.includes(label), isGuess };
}

type Ask = (query: string) => Promise<AnswerSeries[]>;

/** The first label whose values speak of outcomes. */
async function outcomeOf(
  over: string,
  rows: readonly AnswerSeries[],
  ask: Ask,
): Promise<OutcomeLabel | null> {
  const all = [...new Set(rows.flatMap(({ labels }) => Object.keys(labels)))].sort();
  const there = outcomeLabelsIn(all);
  for (const label of there.slice(0, 2)) {
    const answer = await ask(`topk(${MAX_VALUES + 1}, count by (${label}) (${over}))`);
    if (answer.length > MAX_VALUES) continue;
    const outcome = readOutcome(
      label,
      answer.map(({ labels }) => labels[label] ?? ''),
    );
    if (outcome) return outcome;
  }
  return null;
}

function quantilesOf({ shape }: Family, rows: readonly AnswerSeries[]): Sight['quantiles'] {
  if (shape !== 'summary' && shape !== 'gauge') return null;
  const label = QUANTILE_LABELS.find((one) => rows.some(({ labels }) => labels[one]));
  if (label === undefined) return null;
  const values = [...new Set(rows.flatMap(({ labels }) => labels[label] ?? []))];
  return { label, values: values.filter((value) => quantileNumber(value) !== null).sort() };
}

/** `0.95`, `95`, `p95` as a quantile; null for what is none. */
export function quantileNumber(text: string): number | null {
  const number = Number(/^p?([0-9.]+)$/.exec(text)?.[1] ?? NaN);
  if (!(number > 0)) return null;
  return number < 1 ? number : number < 100 ? number / 100 : null;
}

/** Span in which a counter of requests grows. */
const GROWS_WITHIN = '15m';

async function isGrowing(name: string, ask: Ask): Promise<boolean> {
  const over = (kind: string): string =>
    `label_replace(sum(${kind}(${name}[${GROWS_WITHIN}])), "what", ${quotePromql(kind)}, "", "")`;
  const answer = await ask(`${over('changes')} or ${over('resets')}`);
  const of = (what: string): number => answer.find(({ labels }) => labels['what'] === what)?.values[0] ?? 0;
  return of('changes') > 2 && of('resets') === 0;
}
