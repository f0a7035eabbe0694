import { readChangeSource } from '../../activities/collect/changes/change-source.js';
import { reportedChangesIn, REPORTED } from '../../activities/collect/changes/reported-changes.js';
import type { ChangesRead } from '../../activities/collect/changes/source.js';
import { ServiceNames } from '../../activities/collect/scope/service-names.js';
import { openBlobs } from '../../activities/record/open-store.js';
import type { Config } from '../../config/schema.js';
import { count, listOf } from '../../model/wording.js';
import { failed, ok, reasonOf, warning, type Finding, type Told } from './finding.js';

const DAYS = 7;
/** A person waits for it. */
const TIMEOUT_MS = 20_000;

/** Names of the services that the metrics source knows; null where they are not known now. */
export type KnownServices = () => Promise<string[] | null>;

/**
 * Whether each source of changes answers, how many changes of the last seven days it tells, and which of them are of no
 * known service; the same of those that were reported.
 */
export async function examineChanges(
  config: Pick<Config, 'changes' | 'environment' | 'services' | 'store'>,
  knownServices: KnownServices,
): Promise<Finding[]> {
  const to = Math.ceil(Date.now() / 1000);
  const window = { from: to - DAYS * 86_400, to, alertTime: to };
  const limits = { signal: AbortSignal.timeout(TIMEOUT_MS) };
  const any = { resolve: (name: string) => name };
  const questions = [
    ...config.changes.map((source, i) => ({
      ...{ subject: `source '${source.name}'`, setting: `changes[${i}]` },
      read: () => readChangeSource(source, window, limits),
    })),
    {
      ...{ subject: REPORTED, setting: 'store' },
      read: () => reportedIn(config, { window, environment: config.environment, names: any }, limits),
    },
  ];
  const answers = await Promise.all(
    questions.map(async (one) => ({ ...one, ...(await answerOf(one.read)) })),
  );
  const hasChanges = answers.some(({ changes }) => changes.length > 0);
  const known = hasChanges ? await knownServices() : null;
  const names = known && new ServiceNames(known, config.services.aliases);
  return answers.map(({ subject, setting, ...read }) => ({
    area: 'changes',
    subject,
    ...told(read, setting, names),
  }));
}

function reportedIn(
  { store }: Pick<Config, 'store'>,
  ...question: Parameters<ReturnType<typeof reportedChangesIn>['read']>
): Promise<ChangesRead> {
  return reportedChangesIn(openBlobs(store)).read(...question);
}

async function answerOf(read: () => Promise<ChangesRead>): Promise<ChangesRead> {
  try {
    return await read();
  } catch (error) {
    return { changes: [], gaps: [{ source: '', what: 'changes', reason: reasonOf(error) }] };
  }
}

function told({ changes, gaps }: ChangesRead, setting: string, names: ServiceNames | null): Told {
  const [gap] = gaps;
  if (gap && changes.length === 0) return failed(`${gap.what}: ${gap.reason}`, `check ${setting}`);
  const told = changes.map(({ service }) => service).filter((service) => service !== null);
  const strange = names ? [...new Set(told.filter((service) => names.resolve(service) === null))] : [];
  const seen = `${count(changes.length, 'change')} in the last ${DAYS} days`;
  if (gap) return warning(`${seen}; ${gap.what}: ${gap.reason}`, `check ${setting}`);
  if (strange.length === 0) return ok(seen);
  return warning(
    `${seen}; ${listOf(strange)}: no service that is known by that name`,
    `map it to a service: services of ${setting === 'store' ? 'webhook.changes' : setting}, or services.aliases`,
  );
}
