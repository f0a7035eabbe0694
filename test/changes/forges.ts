import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Vendor } from '../publish/vendor.js';

/*
 * The parts of GitHub's and GitLab's REST APIs that tell of changes, as they are documented: pages by the header Link,
 * what each list is ordered by, and the credentials and headers that requests must show.
 */

export const TOKEN = 'github_pat_0123456789abcdefghij';
const at = (unixSeconds: number): string => new Date(unixSeconds * 1000).toISOString().replace('.000Z', 'Z');

const page = z.object({
  per_page: z.coerce.number().int().min(1).max(100).default(30),
  page: z.coerce.number().int().min(1).default(1),
});

export interface Deployed {
  id: number;
  sha: string;
  environment: string;
  createdAt: number;
  /** States with their times, as they came. */
  statuses: [state: string, time: number][];
}

/** One repository at GitHub. */
export class GithubForge extends Vendor {
  deployments: Deployed[] = [];
  releases: { id: number; tag: string; publishedAt: number | null; draft: boolean }[] = [];
  pulls: { number: number; title: string; mergedAt: number | null; updatedAt: number }[] = [];
  /** Compared, as `base...head`. */
  compared: string[] = [];
  /** Its history was written anew: commits of before are gone. */
  isRewritten = false;
  /** What a diff shows. */
  patch = '@@ -1 +1 @@\n-pool: 10\n+pool: 1';

  protected routes(): void {
    const base = '/repos/shop/checkout';
    this.app.get(`${base}/deployments`, (request, reply) =>
      this.paged(
        request,
        reply,
        [...this.deployments].sort((a, b) => b.createdAt - a.createdAt),
        (one) => ({
          ...{ id: one.id, sha: one.sha, ref: 'main', environment: one.environment, task: 'deploy' },
          ...{ description: null, creator: { login: 'ann' }, created_at: at(one.createdAt) },
        }),
      ),
    );
    this.app.get<{ Params: { id: string } }>(`${base}/deployments/:id/statuses`, (request, reply) => {
      const { statuses } = this.deployments.find(({ id }) => id === Number(request.params.id))!;
      return this.paged(request, reply, [...statuses].reverse(), ([state, time]) => ({
        ...{ state, created_at: at(time), log_url: '', target_url: 'https://ci.example/1' },
      }));
    });
    this.app.get<{ Params: { range: string } }>(`${base}/compare/:range`, ({ params }, reply) => {
      if (this.isRewritten) return reply.code(404).send({ message: 'Not Found' });
      this.compared.push(params.range);
      return {
        html_url: `https://github.example/shop/checkout/compare/${params.range}`,
        commits: [{ commit: { message: 'Shrink the pool\n\nIt was idle.' } }],
        files: [{ filename: 'config/pool.yml', patch: this.patch }, { filename: 'logo.png' }],
      };
    });
    this.app.get(`${base}/releases`, (request, reply) =>
      this.paged(request, reply, this.releases, ({ id, tag, publishedAt, draft }) => ({
        ...{ id, tag_name: tag, name: null, body: 'Notes', draft, author: { login: 'ann' } },
        ...{ html_url: `https://github.example/releases/${tag}`, created_at: at(publishedAt ?? 0) },
        published_at: publishedAt === null ? null : at(publishedAt),
      })),
    );
    this.app.get<{ Querystring: { state: string; sort: string } }>(`${base}/pulls`, (request, reply) => {
      const { state, sort } = request.query;
      if (state !== 'closed' || sort !== 'updated')
        return reply.code(422).send({ message: 'Validation Failed' });
      return this.paged(
        request,
        reply,
        [...this.pulls].sort((a, b) => b.updatedAt - a.updatedAt),
        (one) => ({
          ...{ number: one.number, title: one.title, body: null, user: { login: 'bob' } },
          ...{ html_url: `https://github.example/pull/${one.number}`, updated_at: at(one.updatedAt) },
          merged_at: one.mergedAt === null ? null : at(one.mergedAt),
        }),
      );
    });
    this.app.get(`${base}/pulls/:number/files`, () => [{ filename: 'src/pool.ts', patch: this.patch }]);
  }

  protected refusalOf({ headers }: FastifyRequest) {
    if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, message: 'Bad credentials' };
    if (!headers['user-agent'])
      return { status: 403, message: 'Please make sure your request has a User-Agent' };
    if (headers.accept !== 'application/vnd.github+json') return { status: 415, message: 'Accept' };
    if (headers['x-github-api-version'] !== '2022-11-28') return { status: 400, message: 'Unknown version' };
    return null;
  }

  private paged<T>(
    request: FastifyRequest,
    reply: { header(name: string, value: string): unknown },
    all: readonly T[],
    shown: (one: T) => object,
  ): object[] {
    const { per_page: size, page: number } = page.parse(request.query);
    if (number * size < all.length) {
      const next = new URL(request.url, this.url);
      next.searchParams.set('page', String(number + 1));
      const last = `<${this.url}/last>; rel="last"`;
      reply.header('link', `<${next.href}>; rel="next", ${last}`);
    }
    return all.slice((number - 1) * size, number * size).map(shown);
  }
}

/** One project at GitLab. */
export class GitlabForge extends Vendor {
  deployments: { id: number; sha: string; finishedAt: number; environment: string }[] = [];
  releases: { tag: string; releasedAt: number }[] = [];
  merges: { iid: number; title: string; mergedAt: number }[] = [];

  protected routes(): void {
    const base = '/api/v4/projects/:project';
    const ordered = z.object({ order_by: z.literal('released_at'), sort: z.literal('desc') });
    this.app.get(`${base}/releases`, ({ query }, reply) => {
      if (!ordered.safeParse(query).success) return reply.code(400).send({ message: '400 (Bad request)' });
      return [...this.releases]
        .sort((a, b) => b.releasedAt - a.releasedAt)
        .map(({ tag, releasedAt }) => ({
          ...{ tag_name: tag, name: `Release ${tag}`, description: 'Notes', released_at: at(releasedAt) },
          ...{ author: { username: 'ann' }, _links: { self: `https://gitlab.example/releases/${tag}` } },
        }));
    });
    const merged = z.object({ state: z.literal('merged'), updated_after: z.iso.datetime() });
    this.app.get(`${base}/merge_requests`, ({ query }, reply) => {
      const asked = merged.safeParse(query);
      if (!asked.success) return reply.code(400).send({ message: '400 (Bad request)' });
      return this.merges
        .filter(({ mergedAt }) => mergedAt >= Date.parse(asked.data.updated_after) / 1000)
        .map(({ iid, title, mergedAt }) => ({
          ...{ iid, title, description: null, author: { username: 'bob' }, merged_at: at(mergedAt) },
          web_url: `https://gitlab.example/merge_requests/${iid}`,
        }));
    });
    this.app.get(`${base}/merge_requests/:iid/diffs`, () => [
      { new_path: 'src/pool.ts', diff: '@@ -1 +1 @@\n-pool: 10\n+pool: 1' },
    ]);
    const list = z.object({
      status: z.literal('success'),
      order_by: z.literal('finished_at'),
      sort: z.literal('desc'),
      finished_after: z.iso.datetime(),
      finished_before: z.iso.datetime(),
      per_page: z.coerce.number().max(100),
    });
    this.app.get<{ Params: { project: string } }>(`${base}/deployments`, ({ params, query }, reply) => {
      if (params.project !== 'shop/checkout')
        return reply.code(404).send({ message: '404 Project Not Found' });
      const asked = list.safeParse(query);
      // finished_after and finished_before are refused without that order and that status.
      if (!asked.success) return reply.code(400).send({ message: '400 (Bad request)' });
      const [after, before] = [asked.data.finished_after, asked.data.finished_before].map(
        (one) => Date.parse(one) / 1000,
      );
      return this.deployments
        .filter(({ finishedAt }) => finishedAt >= after! && finishedAt <= before!)
        .sort((a, b) => b.finishedAt - a.finishedAt)
        .map(({ id, sha, finishedAt, environment }) => ({
          ...{ id, iid: id, ref: 'main', sha, status: 'success', user: { username: 'ann' } },
          ...{
            created_at: at(finishedAt - 90),
            updated_at: at(finishedAt + 5),
            environment: { name: environment },
          },
          deployable: { finished_at: at(finishedAt), web_url: 'https://gitlab.example/job/1' },
        }));
    });
    this.app.get<{ Querystring: { from: string; to: string } }>(
      `${base}/repository/compare`,
      ({ query }) => ({
        web_url: `https://gitlab.example/compare/${query.from}...${query.to}`,
        commits: [{ title: 'Shrink the pool' }],
        diffs: [{ new_path: 'config/pool.yml', diff: '@@ -1 +1 @@\n-pool: 10\n+pool: 1' }],
      }),
    );
  }

  protected refusalOf({ headers }: FastifyRequest) {
    return headers['private-token'] === TOKEN ? null : { status: 401, message: '401 Unauthorized' };
  }
}
