import { readFile, stat } from 'node:fs/promises';
import { AxiosError, type AxiosResponse } from 'axios';
import type { ChangeSourceConfig } from '../../../config/changes.js';
import { change, type Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';
import { Connection } from '../../connection/connection.js';
import { transportReason } from '../../connection/transport.js';
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
    if (!limits.signal.aborted) return missing(messageOf(error));
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

/** @throws Error whose message is the reason for a gap */
async function fromHttp(
  config: HttpSource,
  { from, to }: ChangeWindow,
  signal: AbortSignal,
): Promise<unknown> {
  const setting = `changes.${config.name}`;
  const connection = new Connection(config, setting);
  const deadline = AbortSignal.timeout(config.timeoutSeconds * 1000);
  const params = new URLSearchParams({ from: String(Math.floor(from)), to: String(Math.ceil(to)) });
  try {
    const response = await connection.send<unknown>(
      { method: 'GET', params },
      { signal: AbortSignal.any([signal, deadline]), maxContentLength: MAX_BYTES, responseType: 'json' },
    );
    if (response.status >= 200 && response.status < 300) return response.data;
    throw new Error(refusalOf(response, connection.address, config.name));
  } catch (error) {
    if (deadline.aborted) throw new Error(`no answer within ${config.timeoutSeconds} s`, { cause: error });
    const reason = error instanceof AxiosError ? transportReason(error, setting) : messageOf(error);
    throw new Error(connection.clean(reason), { cause: error });
  } finally {
    connection.close();
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : 'unknown reason';
}

function refusalOf({ status, headers }: AxiosResponse, address: string, name: string): string {
  if (status < 300 || status >= 400) return `it answered ${status}`;
  return redirectReason(status, headers['location'], address, `the url of ${name} under changes`);
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
