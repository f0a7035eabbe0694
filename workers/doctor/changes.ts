import { readFile } from 'node:fs/promises';
import type { ChangeSourceConfig } from '../../config/changes.js';
import { failed, ok, reasonOf, type Finding, type Told } from './finding.js';
import { reach } from './reach.js';

/** Whether the logs of changes can be read. */
export async function examineChanges(sources: readonly ChangeSourceConfig[]): Promise<Finding[]> {
  return Promise.all(
    sources.map(async (source, index): Promise<Finding> => {
      const setting = `changes[${index}]`;
      const state =
        source.type === 'http'
          ? await reach({ ...source, setting: `${setting}.url` })
          : await readable(source.file, `${setting}.file`);
      return { area: 'changes', subject: `source '${source.name}'`, ...state };
    }),
  );
}

async function readable(file: string, setting: string): Promise<Told> {
  try {
    const content: unknown = JSON.parse(await readFile(file, 'utf8'));
    if (Array.isArray(content)) return ok(`${file} holds ${content.length} change(s)`);
    return failed(`${file} is no JSON array`, `write an array of changes into it, or mend ${setting}`);
  } catch (error) {
    return failed(reasonOf(error), `check ${setting}`);
  }
}
