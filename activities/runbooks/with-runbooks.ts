import type { Logger } from 'pino';
import type { InvestigationSteps } from '../contract.js';
import { readRunbooks, runbooksFor } from './read-runbooks.js';

/**
 * Adds to what is concluded the runbooks that fit it. They are read each time, so that a corrected one is shown at
 * once; a folder that cannot be read is a gap.
 */
export function withRunbooks(
  analyse: InvestigationSteps['analyse'],
  folder: string | undefined,
  log: Logger,
): InvestigationSteps['analyse'] {
  if (folder === undefined) return analyse;
  return async (input) => {
    const diagnosis = await analyse(input);
    try {
      const { runbooks, bad } = await readRunbooks(folder);
      if (bad.length > 0) log.warn({ bad }, 'some runbooks cannot be used');
      const fitting = runbooksFor(diagnosis, runbooks);
      return fitting.length === 0 ? diagnosis : { ...diagnosis, runbooks: fitting };
    } catch (error) {
      const gap = { source: 'runbooks', what: 'runbooks that fit', reason: (error as Error).message };
      return { ...diagnosis, gaps: [...diagnosis.gaps, gap] };
    }
  };
}
