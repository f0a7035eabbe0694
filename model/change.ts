import { z } from 'zod';
import { unixSeconds } from './anomaly.js';
import { CHANGE_KINDS } from './choices.js';

export const changeKind = z.enum(CHANGE_KINDS);
export type ChangeKind = z.infer<typeof changeKind>;

/** Something that somebody or something changed: the usual beginning of an incident. */
export const change = z.object({
  /** Identity at its source: a commit, a revision, a flag's event. */
  id: z.string().min(1),
  kind: changeKind,
  /** When it took effect. */
  time: unixSeconds,
  /** The service that it changes; null when it concerns no single one. */
  service: z.string().nullable(),
  title: z.string(),
  /** Free text that the source holds: a commit message, the flag's name and values, a diff. */
  details: z.string(),
  /** Files touched, when known. */
  files: z.array(z.string()),
  /** Team or account, for contact only. */
  author: z.string().nullable(),
  link: z.string().nullable(),
  source: z.string(),
});
export type Change = z.infer<typeof change>;

/** Characters of a change's texts: an excerpt of a diff is evidence, the whole of it is behind the link. */
const MAX_TEXT = {
  id: 200,
  service: 120,
  title: 500,
  details: 4_000,
  file: 300,
  author: 200,
  link: 2_000,
  source: 100,
};
const MAX_FILES = 50;

/** The change with its texts cut to what a record may hold; a link that is too long is no link. */
export function withCutTexts<One extends Change>(one: One): One {
  return {
    ...one,
    id: cut(one.id, MAX_TEXT.id),
    service: one.service === null ? null : cut(one.service, MAX_TEXT.service),
    title: cut(one.title, MAX_TEXT.title),
    details: cut(one.details, MAX_TEXT.details),
    files: one.files.slice(0, MAX_FILES).map((file) => cut(file, MAX_TEXT.file)),
    author: one.author === null ? null : cut(one.author, MAX_TEXT.author),
    link: one.link !== null && one.link.length > MAX_TEXT.link ? null : one.link,
    source: cut(one.source, MAX_TEXT.source),
  };
}

function cut(text: string, most: number): string {
  return text.length <= most ? text : `${text.slice(0, most - 1)}…`;
}

/** A change that was told to Faultline. It concerns one environment; `null` means all of them. */
export const reportedChange = change.extend({ environment: z.string().min(1).nullable() });
export type ReportedChange = z.infer<typeof reportedChange>;
