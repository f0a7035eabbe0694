import { z } from 'zod';
import type { GithubChangesConfig } from '../../../config/changes.js';
import type { Limits } from '../attempt.js';
import { detailsOf, type FileDiff } from './diff.js';
import { shortRevision } from './revision.js';
import { SourceApi } from '../source-api.js';
import { eachPlace, ifGiven, isWithin, type ChangeWindow, type Found } from './source.js';
import { isoSeconds } from '../iso-time.js';

/** Most deployments are over by then; one that takes longer is seen when it was created less long ago. */
const LONGEST_DEPLOYMENT_SECONDS = 2 * 3600;
/** How many earlier deployments are looked at for the last one that succeeded: what the new one is compared with. */
const MOST_EARLIER = 3;
const MOST_MESSAGES = 20;
const PAGE = '100';

const text = z.string().nullish();
const person = z.object({ login: z.string() }).nullish();
const deployment = z.object({
  id: z.number(),
  sha: z.string(),
  ref: z.string(),
  environment: z.string(),
  description: text,
  creator: person,
  created_at: isoSeconds,
});
type Deployment = z.infer<typeof deployment>;
const deployments = z.array(deployment);
const statuses = z.array(
  z.object({ state: z.string(), created_at: isoSeconds, log_url: text, target_url: text }),
);
const file = z.object({ filename: z.string(), patch: text });
const files = z.array(file);
const comparison = z.object({
  html_url: z.string(),
  commits: z.array(z.object({ commit: z.object({ message: z.string() }) })).default([]),
  files: files.default([]),
});
const releases = z.array(
  z.object({
    id: z.number(),
    tag_name: z.string(),
    name: text,
    body: text,
    draft: z.boolean(),
    html_url: z.string(),
    author: person,
    created_at: isoSeconds,
    published_at: isoSeconds.nullable(),
  }),
);
const pulls = z.array(
  z.object({
    number: z.number(),
    title: z.string(),
    body: text,
    html_url: z.string(),
    user: person,
    updated_at: isoSeconds,
    merged_at: isoSeconds.nullable(),
  }),
);

/**
 * Reads deployments that succeeded, releases and merged pull requests of GitHub's repositories (REST API, version
 * 2022-11-28) within a window. A deployment is compared with the one before it in its environment.
 *
 * @throws SourceError
 */
export async function readGithub(
  config: GithubChangesConfig,
  window: ChangeWindow,
  limits: Limits,
  found: Found,
): Promise<void> {
  const api = new SourceApi(config, 'changes', limits, {
    Accept: 'application/vnd.github+json',
    'X-GitHub-Api-Version': '2022-11-28',
    'User-Agent': 'faultline',
  });
  try {
    await eachPlace(config.name, config.repositories, found, async (place) => {
      const reader = new Repository(api, config, place, window, found);
      for (const what of config.read) await reader[what]();
    });
  } finally {
    api.close();
  }
}

class Repository {
  private readonly path: string;
  private readonly common;
  private readonly successes = new Map<number, Promise<z.infer<typeof statuses>[number] | null>>();

  constructor(
    private readonly api: SourceApi,
    private readonly config: GithubChangesConfig,
    private readonly repository: string,
    private readonly window: ChangeWindow,
    private readonly found: Found,
  ) {
    this.path = `/repos/${repository}`;
    const service = config.services[repository] ?? repository.slice(repository.indexOf('/') + 1);
    this.common = { service, source: config.name };
  }

  async deployments(): Promise<void> {
    const { from, to } = this.window;
    const all: Deployment[] = [];
    const { environments } = this.config;
    const request = { path: `${this.path}/deployments`, params: { per_page: PAGE }, schema: deployments };
    for await (const page of this.api.pages(request)) {
      all.push(...page.filter((one) => environments.length === 0 || environments.includes(one.environment)));
      const oldest = page.at(-1);
      if (!oldest || oldest.created_at < from - LONGEST_DEPLOYMENT_SECONDS) break;
    }
    for (const [i, one] of all.entries()) {
      if (one.created_at > to || one.created_at < from - LONGEST_DEPLOYMENT_SECONDS) continue;
      const success = await this.successOf(one);
      if (success === null || !isWithin(this.window, success.created_at)) continue;
      const earlier = all.slice(i + 1).filter(({ environment }) => environment === one.environment);
      await this.addDeployment(one, success, await this.lastSuccess(earlier));
    }
  }

  async releases(): Promise<void> {
    const request = { path: `${this.path}/releases`, params: { per_page: PAGE }, schema: releases };
    for await (const page of this.api.pages(request)) {
      for (const one of page) {
        if (one.draft || one.published_at === null || !isWithin(this.window, one.published_at)) continue;
        this.found.add({
          ...this.common,
          id: `${this.repository}/releases/${one.id}`,
          kind: 'deploy',
          time: one.published_at,
          title: `${this.repository} released ${one.name || one.tag_name}`,
          ...detailsOf([one.body ?? ''], []),
          author: one.author?.login ?? null,
          link: one.html_url,
        });
      }
      // They are listed by when they were created; one may be published later.
      const oldest = page.at(-1);
      if (!oldest || oldest.created_at < this.window.from - LONGEST_DEPLOYMENT_SECONDS) break;
    }
  }

  async merges(): Promise<void> {
    const params = { state: 'closed', sort: 'updated', direction: 'desc', per_page: PAGE };
    for await (const page of this.api.pages({ path: `${this.path}/pulls`, params, schema: pulls })) {
      for (const one of page) {
        if (one.merged_at === null || !isWithin(this.window, one.merged_at)) continue;
        const path = `${this.path}/pulls/${one.number}/files`;
        const request = { path, params: { per_page: PAGE }, schema: files };
        const touched = (await this.given(this.api.get(request))) ?? [];
        this.found.add({
          ...this.common,
          id: `${this.repository}/pull/${one.number}`,
          kind: 'other',
          time: one.merged_at,
          title: `${this.repository} merged #${one.number}: ${one.title}`,
          ...detailsOf([one.body ?? ''], touched.map(diffOf)),
          author: one.user?.login ?? null,
          link: one.html_url,
        });
      }
      const oldest = page.at(-1);
      if (!oldest || oldest.updated_at < this.window.from) break;
    }
  }

  /** The first status that tells of success: later ones tell that another deployment has replaced it. */
  private successOf({ id }: Deployment) {
    const known = this.successes.get(id);
    if (known) return known;
    const path = `${this.path}/deployments/${id}/statuses`;
    const asked = this.api
      .get({ path, params: { per_page: PAGE }, schema: statuses })
      .then(
        (all) =>
          all.filter(({ state }) => state === 'success').sort((a, b) => a.created_at - b.created_at)[0] ??
          null,
      );
    this.successes.set(id, asked);
    return asked;
  }

  /** A commit may be gone, and a diff too large to compute. */
  private given<T>(asked: Promise<T>): Promise<T | null> {
    return ifGiven(this.found, this.config.name, `diffs of ${this.repository}`, asked);
  }

  private async lastSuccess(earlier: readonly Deployment[]): Promise<Deployment | null> {
    for (const one of earlier.slice(0, MOST_EARLIER)) if ((await this.successOf(one)) !== null) return one;
    return null;
  }

  private async addDeployment(
    one: Deployment,
    success: z.infer<typeof statuses>[number],
    before: Deployment | null,
  ): Promise<void> {
    const isNew = before !== null && before.sha !== one.sha;
    const compared = isNew
      ? await this.given(
          this.api.get({ path: `${this.path}/compare/${before.sha}...${one.sha}`, schema: comparison }),
        )
      : null;
    const messages = (compared?.commits ?? [])
      .slice(-MOST_MESSAGES)
      .map(({ commit }) => firstLine(commit.message));
    const from = isNew ? `from ${shortRevision(before.sha)} ` : '';
    const revision = one.ref === one.sha ? shortRevision(one.sha) : `${shortRevision(one.sha)} (${one.ref})`;
    this.found.add({
      ...this.common,
      id: `${this.repository}/deployments/${one.id}`,
      kind: 'deploy',
      time: success.created_at,
      title: `${this.repository} deployed to ${one.environment}: ${from}to ${revision}`,
      ...detailsOf([one.description ?? '', ...messages], (compared?.files ?? []).map(diffOf)),
      author: one.creator?.login ?? null,
      link: compared?.html_url ?? (success.log_url || success.target_url || null),
    });
  }
}

function diffOf({ filename, patch }: z.infer<typeof file>): FileDiff {
  return { file: filename, patch: patch ?? null };
}

function firstLine(message: string): string {
  return message.split('\n', 1)[0] ?? '';
}
