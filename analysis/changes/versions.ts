import type { Change } from '../../model/change.js';
import type { SliceFinding } from '../../model/slices.js';
import { listOf } from '../../model/wording.js';
import type { ChangeEvidence } from './index.js';
import { ALIKE_VERSIONS, BAD_VERSION } from './weights.js';

/**
 * What slices by version say of a change that names a version. While two versions run side by side the older one is the
 * control of the newer: if the change's version alone suffers, the change does harm; if all suffer alike, it does none.
 */
export function versionEvidence(change: Change, slices: readonly SliceFinding[]): ChangeEvidence | null {
  const own = slices.find(({ dimension, service }) => dimension === 'version' && service === change.service);
  if (own === undefined) return null;
  const text = [change.id, change.title, change.details].join(' ');
  const names = (version: string): boolean => version !== '' && isNamedIn(text, version);
  const bad = own.bad.filter(names);
  if (bad.length > 0) {
    const statement = `Of ${own.service} only what runs ${listOf(bad)} suffers.`;
    return { stance: 'for', weight: BAD_VERSION, statement };
  }
  const isAlike = own.outcome === 'alike' && own.slices.some(({ value }) => names(value));
  if (!isAlike) return null;
  return {
    stance: 'against',
    weight: ALIKE_VERSIONS,
    statement: `All versions of ${own.service} suffer alike.`,
  };
}

/** Whether a text holds the version as a word: `2.3` is not in `12.3` or `2.31`, and `v2.3` names it. */
function isNamedIn(text: string, version: string): boolean {
  const quoted = version.replace(/[\\^$.|?*+()[\]{}]/g, '\\$&');
  return new RegExp(`(?<![\\w.])v?${quoted}(?![\\w]|[.]\\w)`, 'iu').test(text);
}
