import { z } from 'zod';
import type { GrafanaChangesConfig } from '../../../config/changes.js';
import { changeKind, type ChangeKind } from '../../../model/change.js';
import type { Limits } from '../attempt.js';
import { MAX_CHANGES } from './bounds.js';
import { detailsOf } from './diff.js';
import { SourceApi } from '../source-api.js';
import type { ChangeWindow, Found } from './source.js';

const annotations = z.array(
  z.object({
    id: z.number(),
    /** Milliseconds. */
    time: z.number(),
    text: z.string().default(''),
    tags: z.array(z.string()).nullish(),
    login: z.string().nullish(),
  }),
);

/** The tag of what Faultline itself writes into Grafana: summaries are no changes. */
const OWN_TAG = 'faultline';

/**
 * Reads Grafana's annotations with any of the configured tags within a window.
 *
 * @throws SourceError
 */
export async function readGrafana(
  config: GrafanaChangesConfig,
  { from, to }: ChangeWindow,
  limits: Limits,
  found: Found,
): Promise<void> {
  const api = new SourceApi(config, 'changes', limits, { Accept: 'application/json' });
  try {
    const params = new URLSearchParams({
      from: String(Math.floor(from * 1000)),
      to: String(Math.ceil(to * 1000)),
      type: 'annotation',
      matchAny: 'true',
      limit: String(MAX_CHANGES),
    });
    for (const tag of config.tags) params.append('tags', tag);
    const all = await api.get({ path: '/api/annotations', params, schema: annotations });
    for (const { id, time, text, tags, login } of all) {
      if (tags?.includes(OWN_TAG)) continue;
      const [title = '', ...rest] = text.split('\n');
      found.add({
        id: `annotation/${id}`,
        kind: kindOf(tags ?? []),
        time: time / 1000,
        service: serviceOf(config, tags ?? []),
        title: title || `Annotation with ${(tags ?? []).join(', ')}`,
        ...detailsOf([rest.join('\n')], []),
        author: login || null,
        link: null,
        source: config.name,
      });
    }
    if (all.length < MAX_CHANGES) return;
    const reason = `Grafana was asked for ${MAX_CHANGES} annotations and has at least as many`;
    found.gap({ source: config.name, what: 'further annotations', reason });
  } finally {
    api.close();
  }
}

function serviceOf({ serviceTag, services }: GrafanaChangesConfig, tags: readonly string[]): string | null {
  const named = tags.find((tag) => tag.startsWith(serviceTag) && tag.length > serviceTag.length);
  const name = named?.slice(serviceTag.length) ?? tags.find((tag) => services[tag] !== undefined);
  return name === undefined ? null : (services[name] ?? name);
}

function kindOf(tags: readonly string[]): ChangeKind {
  for (const tag of tags) {
    const parsed = changeKind.safeParse(tag.toLowerCase());
    if (parsed.success) return parsed.data;
  }
  return tags.some((tag) => /^(deploy|release|rollout)/i.test(tag)) ? 'deploy' : 'other';
}
