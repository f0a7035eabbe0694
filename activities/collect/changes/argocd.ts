import { z } from 'zod';
import type { ArgocdConfig } from '../../../config/changes.js';
import type { Limits } from '../attempt.js';
import { detailsOf } from './diff.js';
import { shortRevision } from './revision.js';
import { SourceApi } from '../source-api.js';
import { ifGiven, isWithin, type ChangeWindow, type Found } from './source.js';
import { isoSeconds } from '../iso-time.js';

/** What is read of an application: the whole of it lists every object in the cluster. */
const FIELDS = [
  'items.metadata.name',
  'items.metadata.namespace',
  'items.spec.project',
  'items.status.history',
  'items.status.summary.images',
].join(',');

/** Lines of a source's parameters that are compared; more is a chart's whole values file. */
const MOST_LINES = 200;
const MOST_IMAGES = 10;

const source = z.record(z.string(), z.unknown());
const sync = z.object({
  id: z.number(),
  /** When the sync had ended. */
  deployedAt: isoSeconds,
  revision: z.string().optional(),
  revisions: z.array(z.string()).optional(),
  source: source.optional(),
  sources: z.array(source).optional(),
  initiatedBy: z.object({ username: z.string().optional(), automated: z.boolean().optional() }).optional(),
});
type Sync = z.infer<typeof sync>;
const application = z.object({
  metadata: z.object({ name: z.string(), namespace: z.string().optional() }),
  spec: z.object({ project: z.string().optional() }).optional(),
  status: z
    .object({
      history: z.array(sync).nullish(),
      summary: z.object({ images: z.array(z.string()).nullish() }).nullish(),
    })
    .nullish(),
});
type Application = z.infer<typeof application>;
const applications = z.object({ items: z.array(application).nullable() });
const commit = z.object({ author: z.string().default(''), message: z.string().default('') });

/**
 * Reads the syncs of Argo CD's applications within a window, each compared with the one before it: revisions, and the
 * parameters of its source. Argo CD keeps the last ten of each application.
 *
 * @throws SourceError
 */
export async function readArgocd(
  config: ArgocdConfig,
  window: ChangeWindow,
  limits: Limits,
  found: Found,
): Promise<void> {
  const api = new SourceApi(config, 'changes', limits, { Accept: 'application/json' });
  try {
    const params = new URLSearchParams({ fields: FIELDS });
    for (const project of config.projects) params.append('projects', project);
    const { items } = await api.get({ path: '/api/v1/applications', params, schema: applications });
    for (const one of items ?? []) await addSyncs(api, config, one, window, found);
  } finally {
    api.close();
  }
}

async function addSyncs(
  api: SourceApi,
  config: ArgocdConfig,
  one: Application,
  window: ChangeWindow,
  found: Found,
): Promise<void> {
  const { name, namespace } = one.metadata;
  const history = [...(one.status?.history ?? [])].sort((a, b) => a.id - b.id);
  for (const [i, now] of history.entries()) {
    const before = history[i - 1];
    if (!isWithin(window, now.deployedAt)) continue;
    const lines = changedLines(before, now);
    // Synced once more to what it was: nothing was changed.
    if (before && revisionsOf(before) === revisionsOf(now) && lines.length === 0) continue;
    const { author, message } = await commitOf(api, config, one, now, found);
    const images = i === history.length - 1 ? (one.status?.summary?.images ?? []).slice(0, MOST_IMAGES) : [];
    const from = before ? `from ${revisionsOf(before)} ` : '';
    found.add({
      id: `${namespace ?? ''}/${name}/history/${now.id}`,
      kind: 'deploy',
      time: now.deployedAt,
      service: config.services[name] ?? name,
      title: `Argo CD synced ${name} ${from}to ${revisionsOf(now)}`,
      ...detailsOf(
        [message, images.length > 0 ? `images: ${images.join(', ')}` : ''],
        lines.length > 0 ? [{ file: 'application source', patch: lines.join('\n') }] : [],
      ),
      files: [],
      author: now.initiatedBy?.username || author || null,
      link: linkOf(config.url, namespace, name),
      source: config.name,
    });
  }
}

/** Whose commit it is and what it says; nothing for a chart, which has none, or where it may not be read. */
async function commitOf(
  api: SourceApi,
  config: ArgocdConfig,
  { metadata: { name, namespace }, spec }: Application,
  { revision }: Sync,
  found: Found,
): Promise<{ author: string; message: string }> {
  const none = { author: '', message: '' };
  if (revision === undefined || !/^[0-9a-f]{40}$/.test(revision)) return none;
  const path = `/api/v1/applications/${encodeURIComponent(name)}/revisions/${revision}/metadata`;
  const params = {
    ...(namespace !== undefined && { appNamespace: namespace }),
    ...(spec?.project !== undefined && { project: spec.project }),
  };
  const what = `the commit message of a sync of ${name}`;
  return (await ifGiven(found, config.name, what, api.get({ path, params, schema: commit }))) ?? none;
}

function revisionsOf({ revision, revisions }: Sync): string {
  return (revisions?.length ? revisions : [revision || 'an unknown revision'])
    .map(shortRevision)
    .join(' and ');
}

/** What differs in the source of two syncs beside the revision, such as an image's tag, as lines of a diff. */
function changedLines(before: Sync | undefined, now: Sync): string[] {
  if (!before) return [];
  const [old, fresh] = [before, now].map(({ source: one, sources }) => linesOf(sources ?? one ?? {}, ''));
  const without = (lines: string[], others: string[]) => lines.filter((line) => !others.includes(line));
  return [
    ...without(old!, fresh!).map((line) => `-${line}`),
    ...without(fresh!, old!).map((line) => `+${line}`),
  ].slice(0, MOST_LINES);
}

/** `helm.parameters.image.tag: 1.2`, a line for each value. */
function linesOf(value: unknown, at: string): string[] {
  if (typeof value !== 'object' || value === null) return [`${at}: ${String(value)}`];
  const entries = Object.entries(value);
  const [name, own] = [Reflect.get(value, 'name'), Reflect.get(value, 'value')] as [unknown, unknown];
  if (typeof name === 'string' && (typeof own === 'string' || typeof own === 'number')) {
    return [`${at.replace(/\.\d+$/, '')}.${name}: ${own}`];
  }
  return entries.flatMap(([key, one]) => linesOf(one, at === '' ? key : `${at}.${key}`)).slice(0, MOST_LINES);
}

function linkOf(url: string, namespace: string | undefined, name: string): string {
  const { origin, pathname } = new URL(url);
  const place = namespace === undefined ? '' : `${encodeURIComponent(namespace)}/`;
  return `${origin}${pathname.replace(/\/+$/, '')}/applications/${place}${encodeURIComponent(name)}`;
}
