import type { FastifyRequest } from 'fastify';
import { z } from 'zod';
import { Vendor } from './vendor.js';

/*
 * A site of Jira as its REST API v2 documents issues, comments, transitions and the search: on Cloud under
 * `search/jql`, on Data Center under `search`. The search knows an issue only when it was indexed.
 */

export const LOGIN = {
  type: 'basic',
  username: 'faultline@example.com',
  password: 'a token of the test',
} as const;
export const PROJECT = 'OPS';

const fields = {
  summary: z
    .string()
    .min(1)
    .max(255)
    .regex(/^[^\n]+$/),
  description: z.string().max(32_767),
};
const creation = z.strictObject({
  fields: z.strictObject({
    ...fields,
    project: z.strictObject({ key: z.literal(PROJECT) }),
    issuetype: z.strictObject({ name: z.literal('Task') }),
    labels: z.array(z.string().max(255).regex(/^\S+$/)),
  }),
});
const change = z.strictObject({ fields: z.strictObject(fields) });
const comment = z.strictObject({ body: z.string().min(1).max(32_767) });
const transition = z.strictObject({ transition: z.strictObject({ id: z.literal('31') }) });

export interface SiteIssue {
  key: string;
  summary: string;
  description: string;
  labels: string[];
  comments: string[];
  status: 'Open' | 'Done';
  /** When the search knows it. */
  indexedAt: number;
}

export class JiraSite extends Vendor {
  issues: SiteIssue[] = [];
  isCloud = true;
  /** How long the search does not know a new issue, in seconds of `now`. */
  indexLag = 0;
  now: () => number = () => 0;

  protected routes(): void {
    const at = '/jira/rest/api/2';
    this.app.post(`${at}/issue`, ({ body }, reply) => {
      const parsed = creation.safeParse(body);
      if (!parsed.success) return reply.code(400).send({ errors: { it: parsed.error.message } });
      const { summary, description, labels } = parsed.data.fields;
      const key = `${PROJECT}-${this.issues.length + 1}`;
      const indexedAt = this.now() + this.indexLag;
      this.issues.push({ key, summary, description, labels, comments: [], status: 'Open', indexedAt });
      return reply.code(201).send({ id: '10000', key });
    });
    this.app.put<{ Params: { key: string } }>(`${at}/issue/:key`, ({ params, body }, reply) => {
      const parsed = change.safeParse(body);
      if (!parsed.success) return reply.code(400).send({ errors: { it: parsed.error.message } });
      const issue = this.issueOf(params.key);
      if (!issue) return reply.code(404).send({ errorMessages: ['Issue does not exist'] });
      Object.assign(issue, parsed.data.fields);
      return reply.code(204).send();
    });
    this.app.get<{ Params: { key: string } }>(`${at}/issue/:key/comment`, ({ params }, reply) => {
      const comments = this.issueOf(params.key)?.comments ?? [];
      // Cloud writes the markup anew from what it has made of it.
      return reply.send({
        comments: comments.map((body, id) => ({ id: String(id), body: body.replaceAll('-', '\\-') })),
      });
    });
    this.app.post<{ Params: { key: string } }>(`${at}/issue/:key/comment`, ({ params, body }, reply) => {
      const parsed = comment.safeParse(body);
      const issue = this.issueOf(params.key);
      if (!issue || !parsed.success) return reply.code(400).send({ errorMessages: ['comment'] });
      issue.comments.push(parsed.data.body);
      return reply.code(201).send({ id: '1' });
    });
    this.app.get<{ Params: { key: string } }>(`${at}/issue/:key/transitions`, ({ params }, reply) => {
      const isOpen = this.issueOf(params.key)?.status === 'Open';
      const done = { id: '31', name: 'Resolve it', to: { name: 'Done' } };
      return reply.send({
        transitions: isOpen ? [{ id: '21', name: 'Start', to: { name: 'In Progress' } }, done] : [],
      });
    });
    this.app.post<{ Params: { key: string } }>(`${at}/issue/:key/transitions`, ({ params, body }, reply) => {
      const issue = this.issueOf(params.key);
      if (!issue || issue.status === 'Done' || !transition.safeParse(body).success)
        return reply.code(400).send({});
      issue.status = 'Done';
      return reply.code(204).send();
    });
    for (const [path, isCloud] of [
      ['search/jql', true],
      ['search', false],
    ] as const) {
      this.app.get<{ Querystring: { jql: string } }>(`${at}/${path}`, ({ query }, reply) => {
        if (isCloud !== this.isCloud)
          return reply.code(isCloud ? 404 : 410).send({ errorMessages: ['removed'] });
        return reply.send({ issues: this.search(query.jql).map(({ key }) => ({ key })) });
      });
    }
  }

  protected refusalOf({ headers }: FastifyRequest) {
    const login = Buffer.from(`${LOGIN.username}:${LOGIN.password}`).toString('base64');
    return headers.authorization === `Basic ${login}`
      ? null
      : { status: 401, message: 'Client must be authenticated' };
  }

  private search(jql: string): SiteIssue[] {
    const [, label] = /^project = "OPS" AND labels = "([^"]+)" ORDER BY created ASC$/.exec(jql) ?? [];
    return this.issues.filter((issue) => issue.labels.includes(label ?? '') && issue.indexedAt <= this.now());
  }

  private issueOf(key: string): SiteIssue | undefined {
    return this.issues.find((issue) => issue.key === key);
  }
}
