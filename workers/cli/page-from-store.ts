import type { ClientSettings } from '../../client/cli/context.js';
import type { IncidentRecord } from '../../model/incident.js';

/** The page of a record; without a store it has no plots and says so. */
export async function pageFromStore(record: IncidentRecord, { store }: ClientSettings): Promise<string> {
  if (store) {
    const { pageOf } = await import('../../activities/record/page.js');
    return pageOf({ storeDirectory: store.directory, record });
  }
  const [{ renderPage }, { noEvidence }] = await Promise.all([
    import('../../report/page/page.js'),
    import('../../report/page/evidence.js'),
  ]);
  return renderPage(record, noEvidence('no store is configured here'));
}
