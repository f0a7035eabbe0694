import { readStatus } from '../../activities/collect/status/read-status.js';
import type { StatusConfig } from '../../config/status.js';
import { count } from '../../model/wording.js';
import { failed, ok, reasonOf, type Finding, type Told } from './finding.js';

const DAYS = 7;
/** A person waits for it. */
const TIMEOUT_MS = 20_000;

/** Whether the status pages of providers answer, and what they told of the last seven days. */
export async function examineStatus(pages: readonly StatusConfig[]): Promise<Finding[]> {
  return Promise.all(
    pages.map(async (page, i) => ({
      area: 'changes' as const,
      subject: `status page '${page.name}'`,
      ...(await answerOf(page, `status[${i}]`)),
    })),
  );
}

async function answerOf(page: StatusConfig, setting: string): Promise<Told> {
  const to = Math.ceil(Date.now() / 1000);
  try {
    const signal = AbortSignal.timeout(TIMEOUT_MS);
    const { conditions, gaps } = await readStatus(page, { from: to - DAYS * 86_400, to }, { signal });
    const [gap] = gaps;
    if (gap && conditions.length === 0) return failed(gap.reason, `check ${setting}`);
    const incidents = new Set(conditions.map(({ object }) => object)).size;
    return ok(`${count(incidents, 'incident')} in the last ${DAYS} days`);
  } catch (error) {
    return failed(reasonOf(error), `check ${setting}`);
  }
}
