import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { parse } from 'yaml';
import { z } from 'zod';
import { FAULT_KINDS } from '../../model/choices.js';
import type { Diagnosis, Runbook } from '../../model/diagnosis.js';
import { isSameName } from '../../model/identity/names.js';
import { maskSecrets } from '../../report/mask.js';

/** More files of a folder, and longer ones, are not read: a runbook is a page. */
const MOST_FILES = 500;
const MOST_BYTES = 64 * 1024;
/** Of those that fit, the best; of one, its first steps, each so long. */
const MOST_SHOWN = 3;
const MOST_STEPS = 10;
const LONGEST_STEP = 200;

const frontMatter = z
  .strictObject({
    title: z.string().min(1).max(120),
    /** Kinds of fault that it is for. @default any */
    kinds: z.array(z.enum(FAULT_KINDS)).max(FAULT_KINDS.length).default([]),
    /** Services that it is for. @default any */
    services: z.array(z.string().min(1).max(200)).max(200).default([]),
  })
  .refine(({ kinds, services }) => kinds.length + services.length > 0, 'expected kinds or services');

/** A runbook that could be read. */
export interface ReadRunbook extends Runbook {
  kinds: readonly string[];
  services: readonly string[];
}

/** A file that is no runbook, and why. */
export interface BadRunbook {
  file: string;
  reason: string;
}

/**
 * The runbooks of a folder: its Markdown files, in the order of their names.
 * @throws when the folder cannot be read
 */
export async function readRunbooks(folder: string): Promise<{ runbooks: ReadRunbook[]; bad: BadRunbook[] }> {
  const all = (await readdir(folder)).filter((name) => name.endsWith('.md')).sort();
  const runbooks: ReadRunbook[] = [];
  const bad: BadRunbook[] = all
    .slice(MOST_FILES)
    .map((file) => ({ file, reason: `one folder holds at most ${MOST_FILES} runbooks` }));
  for (const file of all.slice(0, MOST_FILES)) {
    try {
      const { size } = await stat(join(folder, file));
      if (size > MOST_BYTES) throw new Error(`expected at most ${MOST_BYTES / 1024} KiB`);
      runbooks.push(runbookIn(file, await readFile(join(folder, file), 'utf8')));
    } catch (error) {
      bad.push({ file, reason: (error as Error).message });
    }
  }
  return { runbooks, bad };
}

function runbookIn(file: string, text: string): ReadRunbook {
  const [, head, body] = /^---\r?\n([\s\S]*?)\r?\n---\r?\n?([\s\S]*)$/u.exec(text) ?? [];
  if (head === undefined) throw new Error('expected front matter between two lines of ---');
  const parsed = frontMatter.safeParse(parse(head));
  if (!parsed.success) {
    const { path, message } = parsed.error.issues[0]!;
    throw new Error([...path, message].join(': '));
  }
  return { file, steps: stepsIn(body!), ...parsed.data };
}

/** The first items of lists at the margin; without a list there are none, and the title alone is shown. */
function stepsIn(body: string): string[] {
  return [...body.matchAll(/^(?:\d{1,3}[.)]|[-*+])[ \t]+(\S.*)$/gmu)].slice(0, MOST_STEPS).map(([, item]) => {
    const step = Array.from(maskSecrets(item!.trim()));
    return step.length <= LONGEST_STEP ? step.join('') : `${step.slice(0, LONGEST_STEP - 1).join('')}…`;
  });
}

/** The runbooks that fit a verdict: those for its service and its kind, then for its service, then for its kind. */
export function runbooksFor(
  { verdict: { service, faultKind } }: Pick<Diagnosis, 'verdict'>,
  runbooks: readonly ReadRunbook[],
): Runbook[] {
  if (service === null) return [];
  const fits = runbooks.filter(
    ({ kinds, services }) =>
      (kinds.length === 0 || kinds.includes(faultKind)) &&
      (services.length === 0 || services.some((name) => isSameName(name, service))),
  );
  const fitness = ({ kinds, services }: ReadRunbook): number =>
    (services.length > 0 ? 2 : 0) + (kinds.length > 0 ? 1 : 0);
  return fits
    .sort((a, b) => fitness(b) - fitness(a))
    .slice(0, MOST_SHOWN)
    .map(({ title, file, steps }) => ({ title: maskSecrets(title), file, steps }));
}
