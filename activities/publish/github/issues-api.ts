import { z } from 'zod';
import type { GithubSinkConfig } from '../../../config/sinks/github.js';
import { JsonApi } from '../json-api.js';
import { retryAfterSeconds } from '../../retry-after.js';
import { outcomeOf, type Outcome } from '../outcome.js';
import { headerOf, SinkClient, type SinkAnswer } from '../sink-client.js';

const issue = z.object({
  number: z.int().positive(),
  html_url: z.string(),
  body: z.string().nullish(),
  /** GitHub lists pull requests among the issues. */
  pull_request: z.unknown().optional(),
});
export type Issue = z.infer<typeof issue>;
const issues = z.array(issue);
const comments = z.array(z.object({ body: z.string().nullish() }));

export interface IssueText {
  title: string;
  body: string;
}

const PAGE = 100;
/** A repository with more issues than these since the incident began is not read further. */
const MOST_PAGES = 10;

/** The parts of GitHub's REST API that issues need. */
export class IssuesApi {
  private readonly api: JsonApi;
  private readonly path: string;

  constructor(config: GithubSinkConfig) {
    const client = new SinkClient({ ...config, secrets: [config.token], decide: githubOutcome });
    this.path = `repos/${config.repository}/issues`;
    this.api = new JsonApi(client, {
      url: config.url,
      headers: githubHeaders(config.token),
    });
  }

  create(text: IssueText, labels: readonly string[], signal: AbortSignal): Promise<Issue> {
    return this.api.ask({ method: 'POST', path: this.path, body: { ...text, labels } }, issue, signal);
  }

  /** Null when it was deleted. */
  get(number: number, signal: AbortSignal): Promise<Issue | null> {
    return this.api.find({ method: 'GET', path: `${this.path}/${number}` }, issue, signal);
  }

  async update(
    number: number,
    change: IssueText & { state?: 'open' | 'closed' },
    signal: AbortSignal,
  ): Promise<void> {
    await this.api.tell({ method: 'PATCH', path: `${this.path}/${number}`, body: change }, signal);
  }

  async comment(number: number, body: string, signal: AbortSignal): Promise<void> {
    await this.api.tell({ method: 'POST', path: `${this.path}/${number}/comments`, body: { body } }, signal);
  }

  /**
   * The issue whose body holds this mark, of those touched since a time. Read from the list and not from the search,
   * which lags behind.
   */
  findIssue(mark: string, since: string, signal: AbortSignal): Promise<Issue | null> {
    const fits = ({ body, pull_request }: Issue) =>
      pull_request === undefined && (body?.includes(mark) ?? false);
    const params = { state: 'all', sort: 'created', direction: 'desc', since };
    return this.search(this.path, params, issues, fits, signal);
  }

  async hasComment(number: number, mark: string, since: string, signal: AbortSignal): Promise<boolean> {
    const fits = ({ body }: { body?: string | null | undefined }) => body?.includes(mark) ?? false;
    const path = `${this.path}/${number}/comments`;
    return (await this.search(path, { since }, comments, fits, signal)) !== null;
  }

  private async search<T>(
    path: string,
    where: Record<string, string>,
    schema: z.ZodType<T[]>,
    fits: (one: T) => boolean,
    signal: AbortSignal,
  ): Promise<T | null> {
    for (let page = 1; page <= MOST_PAGES; page += 1) {
      const params = { ...where, per_page: PAGE, page };
      const found = await this.api.ask({ method: 'GET', path, params }, schema, signal);
      const match = found.find(fits);
      if (match) return match;
      if (found.length < PAGE) break;
    }
    return null;
  }
}

/** What every request to GitHub's REST API shows. */
export function githubHeaders(token: string): Record<string, string> {
  return {
    Authorization: `Bearer ${token}`,
    Accept: 'application/vnd.github+json',
    'X-GitHub-Api-Version': '2022-11-28',
    'User-Agent': 'faultline',
  };
}

/** What GitHub asks for when it names no time. */
const LIMITED_SECONDS = 60;

/**
 * The decision for GitHub, which refuses with 403 also what is only too much for now: told by a header, or in the case
 * of its secondary limits by its words.
 */
export function githubOutcome(answer: SinkAnswer, nowMs: number): Outcome {
  const { status, data } = answer;
  const retryAfter = headerOf(answer, 'retry-after');
  const isEmpty = headerOf(answer, 'x-ratelimit-remaining') === '0';
  const isSecondary = /secondary rate limit|abuse detection/i.test(data);
  const isLimited =
    status === 429 || (status === 403 && (retryAfter !== undefined || isEmpty || isSecondary));
  if (!isLimited) return outcomeOf(status, retryAfter, nowMs);
  const reset = Number(headerOf(answer, 'x-ratelimit-reset'));
  const untilReset = isEmpty && reset > 0 ? String(reset - nowMs / 1000) : undefined;
  const wait = retryAfterSeconds(retryAfter ?? untilReset, nowMs);
  return { kind: 'later', afterSeconds: wait ?? LIMITED_SECONDS };
}
