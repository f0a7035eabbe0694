import { readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import type { HttpChangesConfig } from '../../../config/changes.js';
import { change } from '../../../model/change.js';
import type { Limits } from '../attempt.js';
import { NotASource } from '../metrics/source/errors.js';
import { MAX_CHANGES, nearestFirst } from './bounds.js';
import { MAX_ANSWER_BYTES, SourceApi } from '../source-api.js';
import { isWithin, type ChangeWindow, type Found } from './source.js';

/** A change as a file or an address may write it: what is left out is filled in. */
const written = change.extend({
  kind: change.shape.kind.default('other'),
  service: change.shape.service.default(null),
  details: change.shape.details.default(''),
  files: change.shape.files.default([]),
  author: change.shape.author.default(null),
  link: change.shape.link.default(null),
  source: change.shape.source.optional(),
});

const list = z.array(z.unknown(), { error: 'expected a JSON array of changes' });

/** Reads a file that holds a JSON array of changes. @throws SourceError */
export async function readFileOfChanges(
  config: { name: string; file: string },
  window: ChangeWindow,
  { signal }: Limits,
  found: Found,
): Promise<void> {
  const asked = { operation: 'reading changes', endpoint: config.file };
  const entries = list.safeParse(await contentOf(config.file, signal, asked));
  if (!entries.success) throw new NotASource(asked, 'expected a JSON array of changes');
  addEntries(config.name, entries.data, window, found);
}

async function contentOf(
  file: string,
  signal: AbortSignal,
  asked: { operation: string; endpoint: string },
): Promise<unknown> {
  try {
    const { size } = await stat(file);
    if (size > MAX_ANSWER_BYTES)
      throw new Error(`${file} is larger than ${MAX_ANSWER_BYTES / 1024 / 1024} MiB`);
    return JSON.parse(await readFile(file, { encoding: 'utf8', signal })) as unknown;
  } catch (error) {
    signal.throwIfAborted();
    throw new NotASource(asked, error instanceof Error ? error.message : 'it cannot be read');
  }
}

/** Asks an address that answers with a JSON array of changes. @throws SourceError */
export async function readHttpChanges(
  config: HttpChangesConfig,
  window: ChangeWindow,
  limits: Limits,
  found: Found,
): Promise<void> {
  const api = new SourceApi(config, 'changes', limits);
  const params = { from: String(Math.floor(window.from)), to: String(Math.ceil(window.to)) };
  try {
    addEntries(config.name, await api.get({ params, schema: list }), window, found);
  } finally {
    api.close();
  }
}

/** Takes the entries of the window; validates no more than `MAX_CHANGES` of them, however many there are. */
function addEntries(source: string, entries: readonly unknown[], window: ChangeWindow, found: Found): void {
  const timed: { time: number; index: number }[] = [];
  const wrong: number[] = [];
  entries.forEach((entry, index) => {
    const time = timeOf(entry);
    if (time === null) wrong.push(index);
    else if (isWithin(window, time)) timed.push({ time, index });
  });
  const nearest = nearestFirst(timed, window.alertTime);
  for (const { index } of nearest.slice(0, MAX_CHANGES)) {
    const parsed = written.safeParse(entries[index]);
    if (!parsed.success) wrong.push(index);
    else found.add({ ...parsed.data, source: parsed.data.source ?? source });
  }
  const first = wrong.sort((a, b) => a - b)[0];
  if (first !== undefined) {
    const [issue] = written.safeParse(entries[first]).error?.issues ?? [];
    const others = wrong.length > 1 ? ` and ${wrong.length - 1} more` : '';
    const what = `change ${first + 1}${others} of ${entries.length}`;
    found.gap({ source, what, reason: `${issue?.path.join('.') || 'entry'}: ${issue?.message}` });
  }
  if (nearest.length > MAX_CHANGES) {
    const what = `${nearest.length - MAX_CHANGES} of ${nearest.length} changes`;
    const reason = `a source may give ${MAX_CHANGES}: those nearest to the alert are read`;
    found.gap({ source, what, reason });
  }
}

/** The time of an entry that was not validated; null when it has none. */
function timeOf(entry: unknown): number | null {
  const time: unknown = typeof entry === 'object' && entry !== null && 'time' in entry ? entry.time : null;
  return typeof time === 'number' ? time : null;
}
