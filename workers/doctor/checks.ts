import { CannotCheck, Guard } from '../../activities/check/probes/guard.js';
import { readModule } from '../../activities/check/probes/module.js';
import { plannedProbe } from '../../activities/check/probes/run-probes.js';
import { readRunbooks } from '../../activities/runbooks/read-runbooks.js';
import type { Config } from '../../config/schema.js';
import { count, listOf } from '../../model/wording.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';

/** What of the configuration is looked at. */
type Checks = Pick<Config, 'checks' | 'runbooks'>;

/**
 * Whether checks can be made from here: each is made once, and what it says of the service is no trouble of the
 * configuration; modules are loaded, and runbooks read. Checks of a zone are left to its workers.
 */
export async function examineChecks({ checks, runbooks }: Checks): Promise<Finding[]> {
  const guard = new Guard(checks.allow);
  const own = checks.list.map(async (check, index): Promise<Finding> => {
    const subject = `check '${check.id}'`;
    const setting = `checks.list[${index}]`;
    if (check.zone !== undefined) {
      const elsewhere = `it runs in zone ${check.zone}: not tried from here`;
      return { area: 'checks', subject, ...ok(elsewhere) };
    }
    if (check.type === 'promql') return { area: 'checks', subject, ...ok('one query to the metrics source') };
    const results = await plannedProbe(check, check.service, guard).run(new AbortController().signal);
    const blind = results.find(({ outcome }) => outcome === 'could-not-run');
    if (blind !== undefined) {
      return { area: 'checks', subject, ...warning(blind.statement, `correct ${setting}, or checks.allow`) };
    }
    const wrong = results.filter(({ outcome }) => outcome === 'failed');
    const seen =
      wrong.length === 0
        ? `it looks, and sees no trouble: ${results[0]!.statement}`
        : `it looks, and sees trouble of ${check.service}: ${wrong[0]!.statement}`;
    return { area: 'checks', subject, ...ok(seen) };
  });
  const modules = checks.modules.map(async (module, index): Promise<Finding> => {
    const subject = `module ${module.file}`;
    return { area: 'checks', subject, ...(await moduleTold(module, `checks.modules[${index}]`)) };
  });
  return [...(await Promise.all([...own, ...modules])), ...(await runbookFindings(runbooks.folder))];
}

async function moduleTold(module: Config['checks']['modules'][number], setting: string): Promise<Told> {
  try {
    const ids = [...new Set((await readModule(module)).map(({ id }) => id))];
    return ok(`${count(ids.length, 'check')}: ${listOf(ids)}`);
  } catch (error) {
    return failed(
      reasonOf(error),
      error instanceof CannotCheck ? `correct it, or ${setting}` : `check ${setting}`,
    );
  }
}

async function runbookFindings(folder: string | undefined): Promise<Finding[]> {
  if (folder === undefined) return [];
  const of = { area: 'checks' as const, subject: 'runbooks' };
  try {
    const { runbooks, bad } = await readRunbooks(folder);
    if (bad.length === 0) return [{ ...of, ...ok(`${count(runbooks.length, 'runbook')} in ${folder}`) }];
    const words = bad.map(({ file, reason }) => `${file}: ${reason}`);
    return [{ ...of, ...warning(listOf(words), 'correct the front matter of these files') }];
  } catch (error) {
    return [{ ...of, ...failed(reasonOf(error), 'correct runbooks.folder') }];
  }
}
