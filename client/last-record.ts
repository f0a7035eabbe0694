import type { Client } from '@temporalio/client';
import { decodeFromPayloadsAtIndex } from '@temporalio/common/lib/internal-non-workflow/index.js';
import type { IncidentRecord } from '../model/incident.js';

/** Events of one page of a history; the last revision is among the latest few dozens. */
const PAGE_EVENTS = 200;
/** The activity whose input is the record. */
const SAVE_RECORD = 'saveRecord';

/**
 * The revision of an incident's record that its workflow wrote last, read from its history: needs no worker. It
 * has an excerpt of the diagnosis, and says where the whole is. Null when it has written none.
 */
export async function lastWrittenRecord(client: Client, workflowId: string): Promise<IncidentRecord | null> {
  const { namespace, loadedDataConverter } = client.options;
  let nextPageToken: Uint8Array = new Uint8Array();
  do {
    const page = await client.workflowService.getWorkflowExecutionHistoryReverse({
      namespace,
      execution: { workflowId },
      maximumPageSize: PAGE_EVENTS,
      nextPageToken,
    });
    const written = page.history?.events
      ?.map(({ activityTaskScheduledEventAttributes }) => activityTaskScheduledEventAttributes)
      .find((scheduled) => scheduled?.activityType?.name === SAVE_RECORD);
    if (written) {
      const { payloads } = written.input ?? {};
      const input = await decodeFromPayloadsAtIndex<{ record: IncidentRecord }>(
        loadedDataConverter,
        0,
        payloads,
      );
      return input.record;
    }
    nextPageToken = page.nextPageToken;
  } while (nextPageToken.length > 0);
  return null;
}
