/** Times as the Temporal UI shows them in summaries of timers and details, in UTC. */

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
