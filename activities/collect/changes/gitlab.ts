import { z } from 'zod';
import type { GitlabChangesConfig } from '../../../config/changes.js';
import type { Limits } from '../attempt.js';
import { detailsOf, type FileDiff } from './diff.js';
import { shortRevision } from './revision.js';
import { SourceApi } from '../source-api.js';
import { eachPlace, ifGiven, isWithin, type ChangeWindow, type Found } from './source.js';
import { isoSeconds } from '../iso-time.js';

const MOST_MESSAGES = 20;
const PAGE = '100';
/** A list that is read back in time ends here: the deployment before the window is compared with. */
const LONGEST_BACK_SECONDS = 30 * 86_400;

const text = z.string().nullish();
const person = z.object({ username: z.string() }).nullish();
const deployment = z.object({
  id: z.number(),
  ref: z.string(),
  sha: z.string(),
  updated_at: isoSeconds,
  user: person,
  environment: z.object({ name: z.string() }),
  deployable: z
    .object({
      finished_at: isoSeconds.nullish(),
      web_url: text,
      pipeline: z.object({ web_url: text }).nullish(),
    })
    .nullish(),
});
type Deployment = z.infer<typeof deployment>;
const deployments = z.array(deployment);
const diffs = z.array(z.object({ new_path: z.string(), diff: text }));
const comparison = z.object({
  web_url: text,
  commits: z.array(z.object({ title: z.string() })).default([]),
  diffs: diffs.default([]),
});
const releases = z.array(
  z.object({
    tag_name: z.string(),
    name: text,
    description: text,
    released_at: isoSeconds,
    author: person,
    _links: z.object({ self: text }).nullish(),
  }),
);
const merges = z.array(
  z.object({
    iid: z.number(),
    title: z.string(),
    description: text,
    web_url: text,
    author: person,
    merged_at: isoSeconds.nullish(),
  }),
);

/**
 * Reads deployments that succeeded, releases and merged merge requests of GitLab's projects (REST API, version 4)
 * within a window. A deployment is compared with the one before it in its environment.
 *
 * @throws SourceError
 */
export async function readGitlab(
  config: GitlabChangesConfig,
  window: ChangeWindow,
  limits: Limits,
  found: Found,
): Promise<void> {
  const api = new SourceApi(config, 'changes', limits, { Accept: 'application/json' });
  try {
    await eachPlace(config.name, config.projects, found, async (place) => {
      const reader = new Project(api, config, place, window, found);
      for (const what of config.read) await reader[what]();
    });
  } finally {
    api.close();
  }
}

class Project {
  private readonly path: string;
  private readonly common;

  constructor(
    private readonly api: SourceApi,
    private readonly config: GitlabChangesConfig,
    private readonly project: string,
    private readonly window: ChangeWindow,
    private readonly found: Found,
  ) {
    this.path = `/api/v4/projects/${encodeURIComponent(project)}`;
    const service = config.services[project] ?? project.slice(project.lastIndexOf('/') + 1);
    this.common = { service, source: config.name };
  }

  async deployments(): Promise<void> {
    const { environments } = this.config;
    const all: Deployment[] = [];
    const params = {
      ...{ status: 'success', order_by: 'finished_at', sort: 'desc', per_page: PAGE },
      finished_after: isoOf(this.window.from - LONGEST_BACK_SECONDS),
      finished_before: isoOf(this.window.to),
    };
    const request = { path: `${this.path}/deployments`, params, schema: deployments };
    for await (const page of this.api.pages(request)) {
      all.push(
        ...page.filter(
          ({ environment }) => environments.length === 0 || environments.includes(environment.name),
        ),
      );
      const oldest = page.at(-1);
      if (!oldest || timeOf(oldest) < this.window.from) break;
    }
    for (const [i, one] of all.entries()) {
      if (!isWithin(this.window, timeOf(one))) continue;
      const before = all.slice(i + 1).find(({ environment }) => environment.name === one.environment.name);
      await this.addDeployment(one, before ?? null);
    }
  }

  async releases(): Promise<void> {
    const params = { order_by: 'released_at', sort: 'desc', per_page: PAGE };
    for await (const page of this.api.pages({ path: `${this.path}/releases`, params, schema: releases })) {
      for (const one of page) {
        if (!isWithin(this.window, one.released_at)) continue;
        this.found.add({
          ...this.common,
          id: `${this.project}/releases/${one.tag_name}`,
          kind: 'deploy',
          time: one.released_at,
          title: `${this.project} released ${one.name || one.tag_name}`,
          ...detailsOf([one.description ?? ''], []),
          author: one.author?.username ?? null,
          link: one._links?.self ?? null,
        });
      }
      const oldest = page.at(-1);
      if (!oldest || oldest.released_at < this.window.from) break;
    }
  }

  async merges(): Promise<void> {
    const params = { state: 'merged', updated_after: isoOf(this.window.from), per_page: PAGE };
    for await (const page of this.api.pages({
      path: `${this.path}/merge_requests`,
      params,
      schema: merges,
    })) {
      for (const one of page) {
        if (one.merged_at == null || !isWithin(this.window, one.merged_at)) continue;
        const path = `${this.path}/merge_requests/${one.iid}/diffs`;
        const request = { path, params: { per_page: PAGE }, schema: diffs };
        const touched = (await this.given(this.api.get(request))) ?? [];
        this.found.add({
          ...this.common,
          id: `${this.project}/merge_requests/${one.iid}`,
          kind: 'other',
          time: one.merged_at,
          title: `${this.project} merged !${one.iid}: ${one.title}`,
          ...detailsOf([one.description ?? ''], touched.map(diffOf)),
          author: one.author?.username ?? null,
          link: one.web_url ?? null,
        });
      }
    }
  }

  /** A commit may be gone, and a diff too large to compute. */
  private given<T>(asked: Promise<T>): Promise<T | null> {
    return ifGiven(this.found, this.config.name, `diffs of ${this.project}`, asked);
  }

  private async addDeployment(one: Deployment, before: Deployment | null): Promise<void> {
    const isNew = before !== null && before.sha !== one.sha;
    const compared = isNew
      ? await this.given(
          this.api.get({
            path: `${this.path}/repository/compare`,
            params: { from: before.sha, to: one.sha },
            schema: comparison,
          }),
        )
      : null;
    const messages = (compared?.commits ?? []).slice(-MOST_MESSAGES).map(({ title }) => title);
    const from = isNew ? `from ${shortRevision(before.sha)} ` : '';
    this.found.add({
      ...this.common,
      id: `${this.project}/deployments/${one.id}`,
      kind: 'deploy',
      time: timeOf(one),
      title: `${this.project} deployed to ${one.environment.name}: ${from}to ${shortRevision(one.sha)} (${one.ref})`,
      ...detailsOf(messages, (compared?.diffs ?? []).map(diffOf)),
      author: one.user?.username ?? null,
      link: compared?.web_url ?? one.deployable?.web_url ?? one.deployable?.pipeline?.web_url ?? null,
    });
  }
}

/** When the job ended that deployed; a deployment without a job was updated when it succeeded. */
function timeOf({ deployable, updated_at }: Deployment): number {
  return deployable?.finished_at ?? updated_at;
}

function diffOf({ new_path, diff }: z.infer<typeof diffs>[number]): FileDiff {
  return { file: new_path, patch: diff ?? null };
}

function isoOf(unixSeconds: number): string {
  return new Date(unixSeconds * 1000).toISOString();
}
