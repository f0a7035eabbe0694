import type { Change, ChangeKind } from '../../../model/change.js';

interface Entry {
  service: string;
  kind: ChangeKind;
  title: string;
  details?: string;
  files?: string[];
  author?: string;
}

/** Who changed what and when: the shop's record of deploys, and the decoys among them. */
export class DeployLog {
  private readonly entries: Change[] = [];

  constructor(now: number) {
    for (const { minutesAgo, ...entry } of HISTORY) this.add(entry, now - minutesAgo * 60);
  }

  /** @param time unix seconds */
  add(entry: Entry, time = Date.now() / 1000): Change {
    const change: Change = {
      id: `deploy-${1041 + this.entries.length}`,
      kind: entry.kind,
      time: Math.round(time * 1000) / 1000,
      service: entry.service,
      title: entry.title,
      details: entry.details ?? '',
      files: entry.files ?? [],
      author: entry.author ?? 'release-train',
      link: null,
      source: 'shop',
    };
    this.entries.push(change);
    return change;
  }

  all(): Change[] {
    return [...this.entries];
  }
}

/** Changes that took effect before anybody looked: innocent, every one of them. */
const HISTORY: (Entry & { minutesAgo: number })[] = [
  {
    minutesAgo: 185,
    service: 'database',
    kind: 'scaling',
    title: 'database: 2 more cores',
    author: 'platform',
  },
  {
    minutesAgo: 52,
    service: 'shipping',
    kind: 'deploy',
    title: 'shipping 2.0.7: new carrier logos',
    files: ['shipping/src/logos.ts'],
  },
  {
    minutesAgo: 17,
    service: 'recommendation',
    kind: 'flag',
    title: 'recommendation: autumn campaign on',
    details: 'campaign: summer -> autumn',
    author: 'marketing',
  },
  {
    minutesAgo: 6,
    service: 'catalog',
    kind: 'deploy',
    title: 'catalog 2.31.0: sort by newest',
    files: ['catalog/src/sort.ts'],
  },
];
