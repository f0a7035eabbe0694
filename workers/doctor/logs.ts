import type { LogSourceConfig } from '../../config/logs.js';
import { logSourceOf } from '../../activities/collect/logs/open.js';
import { identityOf } from '../../activities/collect/logs/writers.js';
import type { Labels } from '../../activities/collect/logs/source.js';
import { listed } from '../../activities/collect/gaps.js';
import { BadCredentials, NotASource } from '../../activities/collect/metrics/source/errors.js';
import { count } from '../../model/wording.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';

const SPAN_SECONDS = 900;
const TIMEOUT_MS = 10_000;

/**
 * Whether sources of logs answer, how many lines of how many services they hold, and which field names the services.
 */
export async function examineLogs(sources: readonly LogSourceConfig[]): Promise<Finding[]> {
  return Promise.all(
    sources.map(async (config, index): Promise<Finding> => {
      const subject = `source '${config.name}'`;
      return { area: 'logs', subject, ...(await examineOne(config, `logs[${index}]`)) };
    }),
  );
}

async function examineOne(config: LogSourceConfig, setting: string): Promise<Told> {
  const source = logSourceOf(config);
  const until = Date.now() / 1000;
  const deadline = AbortSignal.timeout(TIMEOUT_MS);
  try {
    const counts = await source.count({ from: until - SPAN_SECONDS, until }, { signal: deadline });
    return toldOf(counts);
  } catch (error) {
    if (deadline.aborted) return failed(`no answer within ${TIMEOUT_MS / 1000} s`, `check ${setting}`);
    const part = error instanceof BadCredentials ? 'auth' : config.type === 'file' ? 'file' : 'url';
    const isWrong = error instanceof BadCredentials || error instanceof NotASource;
    return failed(reasonOf(error), `${isWrong ? 'correct' : 'check'} ${setting}.${part}`);
  } finally {
    source.close();
  }
}

/** What the lines of the last minutes show. */
function toldOf(counts: readonly { labels: Labels; lines: number }[]): Told {
  const services = new Map<string, number>();
  const fields = new Set<string>();
  let all = 0;
  for (const { labels, lines } of counts) {
    all += lines;
    const told = identityOf(labels);
    if (told === null) continue;
    fields.add(told.field);
    services.set(told.identity.name, (services.get(told.identity.name) ?? 0) + lines);
  }
  const span = `the last ${SPAN_SECONDS / 60} min`;
  if (all === 0)
    return warning(`it answers, and holds no line of ${span}`, 'check that lines are written to it');
  if (services.size === 0) {
    return warning(
      `${count(all, 'line')} in ${span}, none of which names a service`,
      'give lines one of the fields that docs/evidence/logs.md lists, such as service.name',
    );
  }
  const names = [...services].sort((a, b) => b[1] - a[1]).map(([name]) => name);
  const by = [...fields].sort().join(', ');
  return ok(
    `${count(all, 'line')} of ${count(services.size, 'service')} in ${span}, named by ${by}: ${listed(names, 5)}`,
  );
}
