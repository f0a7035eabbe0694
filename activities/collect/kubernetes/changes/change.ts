import type { Change } from '../../../../model/change.js';
import { maskSecrets } from '../../../../report/mask.js';

/** Which changes are asked for; unix seconds. */
export interface Window {
  from: number;
  to: number;
}

type Parts = Pick<Change, 'id' | 'kind' | 'time' | 'service' | 'title'> & { details?: string[] };

/** A change that objects of a cluster tell, its words masked. */
export function changeOf({ details = [], ...parts }: Parts, source: string): Change {
  return {
    ...parts,
    title: maskSecrets(parts.title),
    details: maskSecrets(details.filter((line) => line !== '').join('\n')),
    ...{ files: [], author: null, link: null, source },
  };
}

export const within = (time: number | null, { from, to }: Window): time is number =>
  time !== null && time >= from && time <= to;
