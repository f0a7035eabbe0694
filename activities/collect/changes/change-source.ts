import type { ChangeSourceConfig } from '../../../config/changes.js';
import type { Change } from '../../../model/change.js';
import type { Gap } from '../../../model/gap.js';
import { safeChange } from '../../../report/safe-change.js';
import type { Limits } from '../attempt.js';
import { gapOf } from '../gaps.js';
import { readArgocd } from './argocd.js';
import { MAX_CHANGES, nearestFirst } from './bounds.js';
import { readFileOfChanges, readHttpChanges } from './change-list.js';
import { readGithub } from './github.js';
import { readGitlab } from './gitlab.js';
import { readGrafana } from './grafana.js';
import type { ChangesRead, ChangeWindow, Found } from './source.js';

const WHAT = 'deploys and other changes';

/**
 * Reads a configured source of changes: without their secrets, and at most `MAX_CHANGES`. What it cannot tell is a gap;
 * what it told before it failed is kept.
 *
 * @throws SourceError when another attempt may outlast an outage, and what the signal of `limits` is aborted with
 */
export async function readChangeSource(
  config: ChangeSourceConfig,
  window: ChangeWindow,
  limits: Limits,
): Promise<ChangesRead> {
  const changes: Change[] = [];
  const gaps: Gap[] = [];
  const found: Found = {
    add: (one) => changes.push(safeChange(one)),
    gap: (gap) => gaps.push(gap),
  };
  try {
    await read(config, window, limits, found);
  } catch (error) {
    gaps.push(gapOf(error, limits, config.name, changes.length > 0 ? `further ${WHAT}` : WHAT));
  }
  if (changes.length <= MAX_CHANGES) return { changes, gaps };
  const what = `${changes.length - MAX_CHANGES} of ${changes.length} changes`;
  const reason = `a source may give ${MAX_CHANGES}: those nearest to the alert are read`;
  const kept = nearestFirst(changes, window.alertTime).slice(0, MAX_CHANGES);
  return { changes: kept, gaps: [...gaps, { source: config.name, what, reason }] };
}

function read(config: ChangeSourceConfig, window: ChangeWindow, limits: Limits, found: Found): Promise<void> {
  switch (config.type) {
    case 'file':
      return readFileOfChanges(config, window, limits, found);
    case 'http':
      return readHttpChanges(config, window, limits, found);
    case 'argocd':
      return readArgocd(config, window, limits, found);
    case 'github':
      return readGithub(config, window, limits, found);
    case 'gitlab':
      return readGitlab(config, window, limits, found);
    case 'grafana':
      return readGrafana(config, window, limits, found);
  }
}
