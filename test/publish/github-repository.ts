import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Vendor } from './vendor.js';

/*
 * A repository of GitHub as its REST API documents issues and their comments. Its list answers in pages, as asked.
 */

export const TOKEN = 'github_pat_0123456789abcdefghij';
export const REPOSITORY = 'example/incidents';

const text = { title: z.string().min(1).max(256), body: z.string().max(65_536) };
const creation = z.strictObject({ ...text, labels: z.array(z.string().max(50)) });
const change = z.strictObject({ ...text, state: z.enum(['open', 'closed']).optional() }).partial();
const comment = z.strictObject({ body: z.string().min(1).max(65_536) });
const page = z.object({
  per_page: z.coerce.number().int().min(1).max(100).default(30),
  page: z.coerce.number().int().min(1).default(1),
  since: z.iso.datetime().optional(),
});

export interface RepositoryIssue {
  number: number;
  title: string;
  body: string;
  labels: string[];
  state: 'open' | 'closed';
  updated: number;
  isPullRequest: boolean;
  comments: { body: string; updated: number }[];
}

export class GithubRepository extends Vendor {
  issues: RepositoryIssue[] = [];

  /** An issue, or a pull request, of somebody else. */
  file(body: string, isPullRequest = false): RepositoryIssue {
    const [number, updated] = [this.issues.length + 1, Date.now()];
    const issue = {
      number,
      title: 'Other',
      body,
      labels: [],
      state: 'open' as const,
      updated,
      isPullRequest,
    };
    this.issues.push({ ...issue, comments: [] });
    return this.issues.at(-1)!;
  }

  protected routes(): void {
    const at = `/repos/${REPOSITORY}/issues`;
    this.app.get(at, ({ query }, reply) => {
      const { per_page, page: number, since } = page.parse(query);
      const touched = this.issues.filter(({ updated }) => updated >= Date.parse(since ?? '1970-01-01'));
      return reply.send(
        slice(
          [...touched].reverse().map((issue) => this.shown(issue)),
          number,
          per_page,
        ),
      );
    });
    this.app.post(at, ({ body }, reply) => {
      const parsed = creation.safeParse(body);
      if (!parsed.success) return reply.code(422).send({ message: 'Validation Failed' });
      const issue = Object.assign(this.file(parsed.data.body), parsed.data);
      return reply.code(201).send(this.shown(issue));
    });
    this.app.get<{ Params: { number: string } }>(`${at}/:number`, ({ params }, reply) => {
      const issue = this.issueOf(params.number);
      return issue
        ? reply.send(this.shown(issue))
        : reply.code(410).send({ message: 'This issue was deleted' });
    });
    this.app.patch<{ Params: { number: string } }>(`${at}/:number`, ({ params, body }, reply) => {
      const issue = this.issueOf(params.number);
      const parsed = change.safeParse(body);
      if (!issue || !parsed.success) return reply.code(422).send({ message: 'Validation Failed' });
      return reply.send(this.shown(Object.assign(issue, parsed.data, { updated: Date.now() })));
    });
    this.app.get<{ Params: { number: string } }>(`${at}/:number/comments`, ({ params, query }, reply) => {
      const { per_page, page: number } = page.parse(query);
      return reply.send(slice(this.issueOf(params.number)?.comments ?? [], number, per_page));
    });
    this.app.post<{ Params: { number: string } }>(`${at}/:number/comments`, ({ params, body }, reply) => {
      const issue = this.issueOf(params.number);
      const parsed = comment.safeParse(body);
      if (!issue || !parsed.success) return reply.code(422).send({ message: 'Validation Failed' });
      issue.comments.push({ ...parsed.data, updated: Date.now() });
      return reply.code(201).send({ id: issue.comments.length });
    });
  }

  protected refusalOf({ headers }: FastifyRequest) {
    if (headers.authorization !== `Bearer ${TOKEN}`) return { status: 401, message: 'Bad credentials' };
    if (!headers['user-agent'])
      return { status: 403, message: 'Please make sure your request has a User-Agent' };
    if (headers.accept !== 'application/vnd.github+json') return { status: 415, message: 'Accept' };
    return null;
  }

  private issueOf(number: string): RepositoryIssue | undefined {
    return this.issues.find((issue) => issue.number === Number(number));
  }

  private shown({ isPullRequest, labels, comments, ...issue }: RepositoryIssue) {
    return {
      ...issue,
      html_url: `https://github.example/${REPOSITORY}/issues/${issue.number}`,
      labels: labels.map((name) => ({ name })),
      comments: comments.length,
      ...(isPullRequest && { pull_request: {} }),
    };
  }
}

function slice<T>(all: readonly T[], page: number, size: number): T[] {
  return all.slice((page - 1) * size, page * size);
}
