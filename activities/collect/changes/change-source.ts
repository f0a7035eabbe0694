import { readFile, stat } from 'node:fs/promises';
import axios, { AxiosError } from 'axios';
import { redact } from '../../../config/redact.js';
import type { ChangeSourceConfig } from '../../../config/schema.js';
import { change, type Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';
import type { Limits } from '../attempt.js';
import { gapOf } from '../gaps.js';
import { redirectReason } from '../redirect.js';
import { MAX_CHANGES, nearestFirst, withCutTexts } from './bounds.js';

/** Larger answers and files are refused: a year of deploys is a few megabytes. */
const MAX_BYTES = 16 * 1024 * 1024;

const WHAT = 'deploys and other changes';

/** A change as sources may write it: what is left out is filled in. */
const written = change.extend({
  kind: change.shape.kind.default('other'),
  service: change.shape.service.default(null),
  details: change.shape.details.default(''),
  files: change.shape.files.default([]),
  author: change.shape.author.default(null),
  link: change.shape.link.default(null),
  source: change.shape.source.optional(),
});

/** Which changes are asked for; unix seconds. */
export interface ChangeWindow {
  from: number;
  to: number;
  /** When the alert began: of too many changes the nearest to it are kept. */
  alertTime: number;
}

export interface ChangesRead {
  changes: Change[];
  gaps: Gap[];
}

/**
 * Reads a configured source of changes. A dead source is a gap, and so are entries that are no changes and those
 * beyond `MAX_CHANGES`: the diagnosis goes on without them. Throws only when the work was cancelled.
 */
export async function readChangeSource(
  config: ChangeSourceConfig,
  window: ChangeWindow,
  limits: Limits,
): Promise<ChangesRead> {
  const missing = (reason: string): ChangesRead => ({
    changes: [],
    gaps: [{ source: config.name, what: WHAT, reason }],
  });
  let list: unknown;
  try {
    list =
      config.type === 'file'
        ? await fromFile(config.file, limits.signal)
        : await fromHttp(config, window, limits.signal);
  } catch (error) {
    if (!limits.signal.aborted) return missing(reasonOf(error, config));
    return { changes: [], gaps: [gapOf(limits.signal.reason, limits, config.name, WHAT)] };
  }
  if (!Array.isArray(list)) return missing('expected a JSON array of changes');
  return changesOf(config.name, list, window);
}

async function fromFile(file: string, signal: AbortSignal): Promise<unknown> {
  const { size } = await stat(file);
  if (size > MAX_BYTES) throw new Error(`${file} is larger than ${MAX_BYTES / 1024 / 1024} MiB`);
  return JSON.parse(await readFile(file, { encoding: 'utf8', signal })) as unknown;
}

type HttpSource = Extract<ChangeSourceConfig, { type: 'http' }>;

async function fromHttp(
  config: HttpSource,
  { from, to }: ChangeWindow,
  signal: AbortSignal,
): Promise<unknown> {
  const { auth } = config;
  const response = await axios.get<unknown>(config.url, {
    params: { from: Math.floor(from), to: Math.ceil(to) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(config.timeoutSeconds * 1000)]),
    maxContentLength: MAX_BYTES,
    maxRedirects: 0,
    responseType: 'json',
    ...(auth.type === 'bearer' ? { headers: { Authorization: `Bearer ${auth.token}` } } : {}),
    ...(auth.type === 'basic' ? { auth: { username: auth.username, password: auth.password } } : {}),
  });
  return response.data;
}

function reasonOf(error: unknown, config: ChangeSourceConfig): string {
  if (error instanceof AxiosError && config.type === 'http') {
    const { response } = error;
    if (response && response.status >= 300 && response.status < 400) {
      const reason = redirectReason(
        response.status,
        response.headers['location'],
        config.url,
        `the url of ${config.name} under changes`,
      );
      return redact(reason, secretsOf(config));
    }
    if (response) return `it answered ${response.status}`;
    if (error.code === AxiosError.ERR_CANCELED) return `no answer within ${config.timeoutSeconds} s`;
    return redact(error.message || (error.code ?? 'the request failed'), secretsOf(config));
  }
  return error instanceof Error ? error.message : 'unknown reason';
}

function secretsOf({ auth, url }: HttpSource): string[] {
  const own = auth.type === 'bearer' ? [auth.token] : auth.type === 'basic' ? [auth.password] : [];
  return [...own, decodeURIComponent(new URL(url).password)];
}

/** Reads the entries of the window; validates no more than `MAX_CHANGES` of them, however many were sent. */
function changesOf(source: string, list: readonly unknown[], window: ChangeWindow): ChangesRead {
  const timed: { time: number; index: number }[] = [];
  const wrong: number[] = [];
  list.forEach((entry, index) => {
    const time = timeOf(entry);
    if (time === null) wrong.push(index);
    else if (time >= window.from && time <= window.to) timed.push({ time, index });
  });
  const nearest = nearestFirst(timed, window.alertTime);
  const changes: Change[] = [];
  for (const { index } of nearest.slice(0, MAX_CHANGES)) {
    const parsed = written.safeParse(list[index]);
    if (!parsed.success) wrong.push(index);
    else changes.push(withCutTexts({ ...parsed.data, source: parsed.data.source ?? source }));
  }
  const gaps: Gap[] = [];
  const first = wrong.sort((a, b) => a - b)[0];
  if (first !== undefined) {
    const [issue] = written.safeParse(list[first]).error?.issues ?? [];
    const others = wrong.length > 1 ? ` and ${wrong.length - 1} more` : '';
    const what = `change ${first + 1}${others} of ${list.length}`;
    gaps.push({ source, what, reason: `${issue?.path.join('.') || 'entry'}: ${issue?.message}` });
  }
  if (nearest.length > MAX_CHANGES) {
    const what = `${nearest.length - MAX_CHANGES} of ${nearest.length} changes`;
    gaps.push({
      source,
      what,
      reason: `a source may give ${MAX_CHANGES}: those nearest to the alert are read`,
    });
  }
  return { changes, gaps };
}

/** The time of an entry that was not validated; null when it has none. */
function timeOf(entry: unknown): number | null {
  const time: unknown = typeof entry === 'object' && entry !== null && 'time' in entry ? entry.time : null;
  return typeof time === 'number' ? time : null;
}
