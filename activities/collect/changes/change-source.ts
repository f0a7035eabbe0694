import { readFile } from 'node:fs/promises';
import axios, { AxiosError } from 'axios';
import { redact } from '../../../config/redact.js';
import type { ChangeSourceConfig } from '../../../config/schema.js';
import { change, type Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';

/** Beyond this an answer is refused: a year of deploys is a few megabytes. */
const MAX_BYTES = 16 * 1024 * 1024;

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

export interface ChangeWindow {
  from: number;
  to: number;
}

/**
 * Reads a configured source of changes. A dead source, and every entry that is no change, is a gap: the diagnosis goes
 * on without it. Throws only when `signal` was aborted.
 */
export async function readChangeSource(
  config: ChangeSourceConfig,
  window: ChangeWindow,
  signal: AbortSignal,
): Promise<{ changes: Change[]; gaps: Gap[] }> {
  const missing = (reason: string): { changes: Change[]; gaps: Gap[] } => ({
    changes: [],
    gaps: [{ source: config.name, what: 'deploys and other changes', reason }],
  });
  let list: unknown;
  try {
    list = config.type === 'file' ? await fromFile(config.file) : await fromHttp(config, window, signal);
  } catch (error) {
    signal.throwIfAborted();
    return missing(reasonOf(error, config));
  }
  if (!Array.isArray(list)) return missing('expected a JSON array of changes');
  return sorted(config.name, list, window);
}

async function fromFile(file: string): Promise<unknown> {
  return JSON.parse(await readFile(file, 'utf8')) as unknown;
}

async function fromHttp(
  config: Extract<ChangeSourceConfig, { type: 'http' }>,
  { from, to }: ChangeWindow,
  signal: AbortSignal,
): Promise<unknown> {
  const { auth } = config;
  const response = await axios.get<unknown>(config.url, {
    params: { from: Math.floor(from), to: Math.ceil(to) },
    signal: AbortSignal.any([signal, AbortSignal.timeout(config.timeoutSeconds * 1000)]),
    maxContentLength: MAX_BYTES,
    responseType: 'json',
    ...(auth.type === 'bearer' ? { headers: { Authorization: `Bearer ${auth.token}` } } : {}),
    ...(auth.type === 'basic' ? { auth: { username: auth.username, password: auth.password } } : {}),
  });
  return response.data;
}

function reasonOf(error: unknown, config: ChangeSourceConfig): string {
  if (error instanceof AxiosError && config.type === 'http') {
    if (error.response) return `it answered ${error.response.status}`;
    if (error.code === AxiosError.ERR_CANCELED) return `no answer within ${config.timeoutSeconds} s`;
    return redact(error.message || (error.code ?? 'the request failed'), secretsOf(config));
  }
  return error instanceof Error ? error.message : 'unknown reason';
}

function secretsOf({ auth, url }: Extract<ChangeSourceConfig, { type: 'http' }>): string[] {
  const own = auth.type === 'bearer' ? [auth.token] : auth.type === 'basic' ? [auth.password] : [];
  return [...own, decodeURIComponent(new URL(url).password)];
}

function sorted(
  source: string,
  list: readonly unknown[],
  { from, to }: ChangeWindow,
): { changes: Change[]; gaps: Gap[] } {
  const gaps: Gap[] = [];
  const changes: Change[] = [];
  list.forEach((entry, i) => {
    const parsed = written.safeParse(entry);
    if (parsed.success) {
      const { time } = parsed.data;
      if (time >= from && time <= to) changes.push({ ...parsed.data, source: parsed.data.source ?? source });
      return;
    }
    const [issue] = parsed.error.issues;
    const reason = `${issue?.path.join('.')}: ${issue?.message}`;
    gaps.push({ source, what: `change ${i + 1} of ${list.length}`, reason });
  });
  return { changes, gaps };
}
