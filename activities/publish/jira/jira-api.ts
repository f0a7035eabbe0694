import { z } from 'zod';
import type { JiraSinkConfig } from '../../../config/sinks/jira.js';
import { isGone, JsonApi } from '../json-api.js';
import { SinkClient } from '../sink-client.js';

const issue = z.object({ key: z.string() });
const found = z.object({ issues: z.array(issue) });
const comments = z.object({ comments: z.array(z.object({ body: z.string() })) });
const transitions = z.object({
  transitions: z.array(
    z.object({ id: z.string(), name: z.string(), to: z.object({ name: z.string() }).optional() }),
  ),
});

export interface IssueFields {
  summary: string;
  description: string;
}

const NEWEST_COMMENTS = 100;

/** The parts of Jira's REST API v2 that issues need; the same on Cloud and Data Center but for the search. */
export class JiraApi {
  /** Its failures are the sink's. */
  readonly client: SinkClient;
  private readonly api: JsonApi;

  constructor(private readonly config: JiraSinkConfig) {
    const { url } = config;
    this.client = new SinkClient({ ...config, secrets: [] });
    const headers = {
      Accept: 'application/json',
      // Data Center takes requests of a browser's name for forged ones.
      'User-Agent': 'faultline',
    };
    this.api = new JsonApi(this.client, { url: `${url.replace(/\/+$/, '')}/rest/api/2`, headers });
  }

  /** Answers the key of the issue: `OPS-123`. */
  async create(fields: IssueFields, labels: readonly string[], signal: AbortSignal): Promise<string> {
    const { project, issueType } = this.config;
    const all = { project: { key: project }, issuetype: { name: issueType }, labels, ...fields };
    const created = await this.api.ask(
      { method: 'POST', path: 'issue', body: { fields: all } },
      issue,
      signal,
    );
    return created.key;
  }

  /** Answers whether the issue was there. */
  async update(key: string, fields: IssueFields, signal: AbortSignal): Promise<boolean> {
    const request = { method: 'PUT', path: issuePath(key), body: { fields } } as const;
    const { status } = await this.api.tell(request, signal, isGone);
    return !isGone(status);
  }

  /** The first issue of the project with this label; null also while Jira's index does not know it yet. */
  async find(label: string, signal: AbortSignal): Promise<string | null> {
    const jql = `project = "${this.config.project}" AND labels = "${label}" ORDER BY created ASC`;
    const params = { jql, fields: 'key', maxResults: 1 };
    const cloud = await this.api.find({ method: 'GET', path: 'search/jql', params }, found, signal);
    // Data Center has the search that Cloud has taken away.
    const { issues } =
      cloud ?? (await this.api.ask({ method: 'GET', path: 'search', params }, found, signal));
    return issues[0]?.key ?? null;
  }

  async comment(key: string, body: string, signal: AbortSignal): Promise<void> {
    await this.api.tell({ method: 'POST', path: `${issuePath(key)}/comment`, body: { body } }, signal);
  }

  /** Whether one of the newest comments holds this mark. */
  async hasComment(key: string, mark: string, signal: AbortSignal): Promise<boolean> {
    const params = { orderBy: '-created', maxResults: NEWEST_COMMENTS };
    const request = { method: 'GET', path: `${issuePath(key)}/comment`, params } as const;
    const newest = await this.api.ask(request, comments, signal);
    return newest.comments.some(({ body }) => body.includes(mark));
  }

  /** Takes the issue through a transition, by its name or that of the status it leads to, if it is offered now. */
  async transition(key: string, name: string, signal: AbortSignal): Promise<void> {
    const path = `${issuePath(key)}/transitions`;
    const offered = await this.api.ask({ method: 'GET', path }, transitions, signal);
    const wanted = name.toLowerCase();
    const match =
      offered.transitions.find((one) => one.name.toLowerCase() === wanted) ??
      offered.transitions.find(({ to }) => to?.name.toLowerCase() === wanted);
    if (match) await this.api.tell({ method: 'POST', path, body: { transition: { id: match.id } } }, signal);
  }
}

function issuePath(key: string): string {
  return `issue/${encodeURIComponent(key)}`;
}
