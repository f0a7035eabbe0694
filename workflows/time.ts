/*
 * Workflow time, and times as the Temporal UI shows them in summaries of timers and details, in UTC.
 */

/** Workflow time in unix seconds: stands still within a task, and is the same on replay. */
export function now(): number {
  return Date.now() / 1000;
}

/** `10:42 UTC` */
export function clock(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(11, 16)} UTC`;
}

/** `2026-11-24 10:42 UTC` */
export function minute(unixSeconds: number): string {
  return `${new Date(unixSeconds * 1000).toISOString().slice(0, 10)} ${clock(unixSeconds)}`;
}

/** `15 min`, rounded. */
export function minutes(seconds: number): string {
  return `${Math.round(seconds / 60)} min`;
}
