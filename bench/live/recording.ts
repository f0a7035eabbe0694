import { existsSync, readdirSync, readFileSync, type Dirent } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { z } from 'zod';
import { readAlertmanager } from '../../client/intake/alertmanager/source.js';
import { anomaliesIn } from '../../client/intake/reading.js';
import { readingSettings } from '../../client/intake/source.js';
import type { Config } from '../../config/schema.js';
import type { Anomaly } from '../../model/anomaly.js';
import type { Change } from '../../model/change.js';
import type { FaultKind } from '../../model/diagnosis.js';
import { kindsOf } from '../rca/labels.js';

/** What a Prometheus, an Alertmanager and the makers of an incident kept of it. Times are unix seconds. */
export interface Recording {
  name: string;
  folder: string;
  /** All series of Prometheus as OpenMetrics text with timestamps. */
  openMetrics: string;
  endsAt: number;
  calls: { caller: string; callee: string }[];
  /** Services that nobody calls: where requests come in. */
  entries: string[];
  /** Null where none were recorded. */
  changes: Change[] | null;
  posts: Post[];
  truth: Truth;
}

/** One post of Alertmanager, as the intake of the product reads it. */
export interface Post {
  at: number;
  anomalies: Anomaly[];
}

/** The label; no collector and no analysis sees it. */
export interface Truth {
  /** Where the fault was: a service, `load` when the entry got more requests, or `none`. */
  service: string;
  /** Kinds that count as right; empty when the label tells none. */
  kinds: FaultKind[];
  injectedAt: number;
  stoppedAt: number;
}

/** Files of series that Prometheus scraped; `derived` holds recording rules and alerts, which say nothing more. */
const SERIES_FILES = ['spans', 'process', 'redis', 'node', 'probe'];

const matrix = z.array(
  z.object({
    metric: z.record(z.string(), z.string()),
    values: z.array(z.tuple([z.number(), z.string()])),
  }),
);
const labelFile = z.object({
  root_cause_service: z.string(),
  fault_kind: z.string(),
  mechanism: z.string().default(''),
  inject_epoch: z.number(),
  stop_epoch: z.number(),
  t_end: z.iso.datetime(),
});
const callsFile = z.object({ edges: z.array(z.object({ caller: z.string(), callee: z.string() })) });
const changesFile = z.array(
  z.object({
    t: z.number(),
    service: z.string(),
    kind: z.enum(['deploy', 'restart', 'config']),
    version: z.string(),
    previous: z.string(),
  }),
);
const postFile = z.object({ received_at: z.iso.datetime(), url: z.string(), body: z.unknown() });

/** Folders with a label directly below `root`, in the order of their names. */
export function findRecordings(root: string): string[] {
  return readdirSync(root, { withFileTypes: true })
    .filter((entry: Dirent) => existsSync(join(root, entry.name, 'label.json')))
    .map(({ name }) => join(root, name))
    .sort();
}

/** @throws an Error that names the file and what is wrong with it */
export function readRecording(folder: string, config: Config): Recording {
  const label = readJson(join(folder, 'label.json'), labelFile);
  const { edges: calls } = readJson(join(folder, 'callgraph.json'), callsFile);
  const callees = new Set(calls.map(({ callee }) => callee));
  const kinds = kindsOf(label.fault_kind);
  const changes = join(folder, 'changes.json');
  return {
    name: folder.split('/').at(-1)!,
    folder,
    openMetrics: openMetricsOf(folder),
    endsAt: Date.parse(label.t_end) / 1000,
    calls: calls.map(({ caller, callee }) => ({ caller, callee })),
    entries: [...new Set(calls.map(({ caller }) => caller))].filter((caller) => !callees.has(caller)).sort(),
    changes: existsSync(changes) ? readJson(changes, changesFile).map(changeOf) : null,
    posts: postsOf(folder, config),
    truth: {
      service: label.root_cause_service,
      kinds: kinds.length > 0 ? kinds : kindsOf(label.mechanism),
      injectedAt: label.inject_epoch,
      stoppedAt: label.stop_epoch,
    },
  };
}

function readJson<Schema extends z.ZodType>(path: string, schema: Schema): z.output<Schema> {
  try {
    const bytes = readFileSync(path);
    const text = (path.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8');
    return schema.parse(JSON.parse(text));
  } catch (error) {
    const reason = error instanceof z.ZodError ? z.prettifyError(error) : (error as Error).message;
    throw new Error(`${path}: ${reason}`, { cause: error });
  }
}

function openMetricsOf(folder: string): string {
  const families = new Map<string, string[]>();
  for (const file of SERIES_FILES) {
    for (const { metric, values } of readJson(join(folder, `${file}.json.gz`), matrix)) {
      const { __name__: name = '', ...labels } = metric;
      const written = Object.entries(labels).map(([key, value]) => `${key}="${escaped(value)}"`);
      const lines = families.get(name) ?? [];
      families.set(name, lines);
      for (const [time, value] of values) lines.push(`${name}{${written.join(',')}} ${value} ${time}`);
    }
  }
  const blocks = [...families].map(([name, lines]) => `# TYPE ${name} unknown\n${lines.join('\n')}`);
  return `${blocks.join('\n')}\n# EOF\n`;
}

function escaped(value: string): string {
  return value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n');
}

/** As a pipeline that deploys would write it. */
function changeOf({ t, service, kind, version, previous }: z.infer<typeof changesFile>[number]): Change {
  return {
    id: `${kind}/${service}/${Math.round(t)}`,
    kind,
    time: t,
    service,
    title: version === previous ? `${kind} of ${service} ${version}` : `${service} ${previous} to ${version}`,
    details: '',
    files: [],
    author: null,
    link: null,
    source: 'pipeline',
  };
}

/** Posts grouped by the alert's name, of one Alertmanager: the others repeat the same alerts. */
function postsOf(folder: string, config: Config): Post[] {
  const posts = join(folder, 'webhooks');
  if (!existsSync(posts)) return [];
  const all = readdirSync(posts)
    .sort()
    .map((file) => readJson(join(posts, file), postFile))
    .filter(({ url }) => url.includes('by-alertname'));
  const [receiver] = all
    .map(({ url }) => url)
    .sort()
    .reverse();
  const settings = readingSettings(config);
  return all
    .filter(({ url }) => url === receiver)
    .map(({ received_at, body }) => {
      const at = Date.parse(received_at) / 1000;
      return { at, anomalies: anomaliesIn(readAlertmanager({ body }), { receivedAt: at, settings }) };
    });
}
