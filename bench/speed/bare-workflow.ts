import { proxyActivities } from '@temporalio/workflow';

const { nothing } = proxyActivities<{ nothing(): Promise<void> }>({ startToCloseTimeout: '30s' });

/** The least that Temporal can do: groups of activities one after the other, those of a group side by side. */
export async function bare(groups: number[]): Promise<void> {
  for (const size of groups) await Promise.all(Array.from({ length: size }, () => nothing()));
}
