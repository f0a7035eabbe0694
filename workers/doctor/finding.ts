/** What is checked, in the order of the output. */
export const AREAS = [
  'configuration',
  'temporal',
  'metrics',
  'watches',
  'logs',
  'traces',
  'changes',
  'kubernetes',
  'checks',
  'sinks',
  'store',
] as const;
export type Area = (typeof AREAS)[number];

/** ok: works; warning: works, but not as one would wish; failed: Faultline cannot do its work with it. */
export type FindingStatus = 'ok' | 'warning' | 'failed';

/** One line of the doctor. */
export interface Finding {
  area: Area;
  /** What was checked: `server at localhost:7233`, `sink 'on-call'`. */
  subject: string;
  status: FindingStatus;
  /** What was seen there. */
  seen: string;
  /** What to do about it; null when nothing needs to be done. */
  remedy: string | null;
}

export type Told = Pick<Finding, 'status' | 'seen' | 'remedy'>;

export const ok = (seen: string): Told => ({ status: 'ok', seen, remedy: null });
export const warning = (seen: string, remedy: string): Told => ({ status: 'warning', seen, remedy });
export const failed = (seen: string, remedy: string): Told => ({ status: 'failed', seen, remedy });

/** An error in one line. */
export function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error);
  return message.split('\n').join(' ').trim();
}
