import { StoreError, type BlobInfo, type BlobStore } from './blob-store.js';
import { newestFirst, parsePublicationKey, parseRevisionKey, type RevisionId } from './record-keys.js';

/** An object that belongs to a revision. */
export interface RevisionObject extends BlobInfo {
  id: RevisionId;
}

/** The objects of one incident. */
export interface StoredIncident {
  folder: string;
  /** Newest first. */
  revisions: RevisionObject[];
  /** What sinks accepted, with the folder of the sink; of each sink the newest first. */
  publications: (RevisionObject & { sink: string })[];
  reports: BlobInfo[];
  /** When the last of them was written, unix seconds. */
  lastWrite: number;
}

/** Everything in a store, sorted by what it is. */
export interface Inventory {
  incidents: StoredIncident[];
  /** Blobs by key. */
  evidence: Map<string, BlobInfo>;
  documents: Map<string, BlobInfo>;
  /** Changes that were reported, and where they are found by day and service. */
  changes: BlobInfo[];
  /** Files of writes that did not end. */
  drafts: BlobInfo[];
  /** What is known of the runs of retention. */
  runs: BlobInfo[];
  /** Objects that Faultline did not write, and the id of the store: never deleted. */
  other: BlobInfo[];
  /** Of all of them. */
  total: Total;
}

/** One object takes about 500 bytes of memory here, so this is a gigabyte. */
const MAX_OBJECTS = 2_000_000;

/**
 * Lists the whole store: a request for each 1,000 objects of an S3 store.
 * @throws StoreError when the store cannot be used, or holds more than `MAX_OBJECTS`
 */
export async function takeInventory(blobs: BlobStore, signal?: AbortSignal): Promise<Inventory> {
  const inventory: Inventory = {
    incidents: [],
    evidence: new Map(),
    documents: new Map(),
    changes: [],
    drafts: [],
    runs: [],
    other: [],
    total: { objects: 0, bytes: 0 },
  };
  const incidents = new Map<string, StoredIncident>();
  const { total } = inventory;
  for await (const info of blobs.list('')) {
    signal?.throwIfAborted();
    total.objects += 1;
    total.bytes += info.bytes;
    if (total.objects > MAX_OBJECTS) {
      throw new StoreError(
        `expected at most ${MAX_OBJECTS} objects in the store; use one store for each team`,
      );
    }
    sort(info, inventory, incidents);
  }
  inventory.incidents = [...incidents.values()].map((incident) => ({
    ...incident,
    revisions: newestFirst(incident.revisions),
    publications: newestFirst(incident.publications),
  }));
  return inventory;
}

function sort(info: BlobInfo, inventory: Inventory, incidents: Map<string, StoredIncident>): void {
  const { key } = info;
  const revision = parseRevisionKey(key);
  const publication = parsePublicationKey(key);
  const [top = '', folder = ''] = key.split('/');
  if (revision) incidentOf(revision.folder, info, incidents).revisions.push({ ...info, id: revision });
  else if (publication) {
    const entry = { ...info, id: publication, sink: publication.sink };
    incidentOf(publication.folder, info, incidents).publications.push(entry);
  } else if (/^incidents\/[^/]+\/report\.(md|html)$/.test(key)) {
    incidentOf(folder, info, incidents).reports.push(info);
  } else if (top === 'evidence') inventory.evidence.set(key, info);
  else if (top === 'documents') inventory.documents.set(key, info);
  else if (top === 'changes') inventory.changes.push(info);
  else if (top === 'drafts') inventory.drafts.push(info);
  else if (top === 'retention') inventory.runs.push(info);
  else inventory.other.push(info);
}

function incidentOf(
  folder: string,
  { modifiedAt }: BlobInfo,
  incidents: Map<string, StoredIncident>,
): StoredIncident {
  const known = incidents.get(folder) ?? {
    folder,
    revisions: [],
    publications: [],
    reports: [],
    lastWrite: 0,
  };
  known.lastWrite = Math.max(known.lastWrite, modifiedAt);
  incidents.set(folder, known);
  return known;
}

/** What a kind of object takes. */
export interface Total {
  objects: number;
  bytes: number;
}

export function totalOf(objects: Iterable<{ bytes: number }>): Total {
  const total = { objects: 0, bytes: 0 };
  for (const { bytes } of objects) {
    total.objects += 1;
    total.bytes += bytes;
  }
  return total;
}

/** The store by kind of object, in the order in which it is shown. */
export function totalsOf(inventory: Inventory): Record<string, Total> {
  const { incidents } = inventory;
  return {
    evidence: totalOf(inventory.evidence.values()),
    documents: totalOf(inventory.documents.values()),
    records: totalOf(incidents.flatMap(({ revisions }) => revisions)),
    publications: totalOf(incidents.flatMap(({ publications }) => publications)),
    reports: totalOf(incidents.flatMap(({ reports }) => reports)),
    changes: totalOf(inventory.changes),
    other: totalOf([...inventory.drafts, ...inventory.runs, ...inventory.other]),
  };
}
