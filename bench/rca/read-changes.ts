import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Change } from '../../model/change.js';
import { readText } from './tables.js';

interface Commit {
  sha: string;
  author?: string;
  timestamp?: string;
  message?: string;
  files_changed?: string[];
  diff?: string | null;
}
interface Deploy {
  timestamp: string;
  service?: string;
  commit_sha?: string;
  version?: string;
}
interface Flag {
  timestamp: string;
  flag: string;
  service?: string;
  change?: string;
  actor?: string;
}

/**
 * Reads context/{commits,deploys,flags}.json of a case. A deployed commit becomes one change per deploy, at the
 * time of the deploy; a commit that no deploy names becomes a change of unknown service at its own time.
 */
export function readChanges(folder: string): Change[] {
  const commits = readList<Commit>(folder, 'commits.json');
  const deploys = readList<Deploy>(folder, 'deploys.json');
  const flags = readList<Flag>(folder, 'flags.json');
  const bySha = new Map(commits.map((commit) => [commit.sha, commit]));
  const deployed = new Map<string, number>();
  for (const { commit_sha: sha = '' } of deploys) deployed.set(sha, (deployed.get(sha) ?? 0) + 1);

  return [
    ...deploys.map((deploy): Change => {
      const sha = deploy.commit_sha ?? '';
      const service = deploy.service ?? null;
      const several = (deployed.get(sha) ?? 0) > 1;
      return {
        ...fromCommit(bySha.get(sha) ?? { sha }),
        id: several || sha === '' ? `${sha}@${service ?? ''}@${deploy.timestamp}` : sha,
        kind: 'deploy',
        time: seconds(deploy.timestamp, 'deploys.json'),
        service,
        source: 'deploys.json',
      };
    }),
    ...commits
      .filter((commit) => !deployed.has(commit.sha))
      .map((commit): Change => ({
        ...fromCommit(commit),
        id: commit.sha,
        kind: 'other',
        time: seconds(commit.timestamp ?? '', 'commits.json'),
        service: null,
        source: 'commits.json',
      })),
    ...flags.map((flag): Change => ({
      id: `flag:${flag.flag}@${flag.timestamp}`,
      kind: 'flag',
      time: seconds(flag.timestamp, 'flags.json'),
      service: flag.service ?? null,
      title: `flag ${flag.flag} ${flag.change ?? ''}`.trim(),
      details: `${flag.flag} ${flag.change ?? ''}`.trim(),
      files: [],
      author: flag.actor ?? null,
      link: null,
      source: 'flags.json',
    })),
  ].sort((a, b) => a.time - b.time);
}

/** The commit that a change of ours stands for, as the answer key names it; `none` for no change. */
export function commitOf(changeId: string | null): string {
  if (changeId === null) return 'none';
  return changeId.startsWith('flag:') ? changeId : changeId.replace(/@.*$/u, '');
}

function fromCommit(commit: Commit): Pick<Change, 'title' | 'details' | 'files' | 'author' | 'link'> {
  const message = commit.message ?? '';
  const diff = commit.diff ?? '';
  return {
    title: message.split('\n')[0] ?? '',
    details: diff === '' ? message : `${message}\n\n${diff}`,
    files: commit.files_changed ?? [],
    author: commit.author ?? null,
    link: null,
  };
}

function readList<T>(folder: string, name: string): T[] {
  const path = join(folder, 'context', name);
  if (!existsSync(path)) return [];
  try {
    const list = JSON.parse(readText(path)) as unknown;
    if (!Array.isArray(list)) throw new Error('is not a list');
    return list as T[];
  } catch (error) {
    throw new Error(`context/${name}: ${(error as Error).message}`, { cause: error });
  }
}

function seconds(timestamp: string, file: string): number {
  const time = Date.parse(timestamp) / 1e3;
  if (Number.isNaN(time)) throw new Error(`context/${file}: timestamp "${timestamp}" is not a date`);
  return time;
}
