import type { z } from 'zod';
import type { DocumentKind, DocumentRef } from '../../model/incident.js';
import { withoutSecrets } from '../../report/mask.js';
import { EvidenceCorrupt, EvidenceMissing, type EvidenceStore } from './evidence-store.js';

/** JSON documents in the evidence store: parts of an investigation that are too large for workflow history. */
export interface Documents {
  /** Stores a value, without its secrets. The same value stored twice is one document. */
  put(kind: DocumentKind, value: unknown): Promise<DocumentRef>;
  /** Reads a document again. Throws `EvidenceMissing`, `EvidenceCorrupt`, `StoreError` or `DocumentUnreadable`. */
  get<T>(ref: DocumentRef, schema: z.ZodType<T>): Promise<T>;
}

/** What is stored under an address is not the document that was put there. */
export class DocumentUnreadable extends Error {
  override readonly name = 'DocumentUnreadable';

  constructor({ kind, uri }: DocumentRef, reason: string) {
    super(`document ${uri}: expected ${kind}, ${reason}`);
  }
}

/** Whether a document is gone for good, and not only out of reach for a while. */
export function isLost(error: unknown): error is Error {
  return (
    error instanceof EvidenceMissing ||
    error instanceof EvidenceCorrupt ||
    error instanceof DocumentUnreadable
  );
}

export function documentsIn(store: Pick<EvidenceStore, 'putBytes' | 'getBytes'>): Documents {
  return {
    async put(kind, value) {
      const bytes = Buffer.from(JSON.stringify(withoutSecrets(value)));
      return { kind, uri: await store.putBytes(bytes), bytes: bytes.length };
    },

    async get(ref, schema) {
      let data: unknown;
      try {
        data = JSON.parse((await store.getBytes(ref.uri)).toString('utf8'));
      } catch (error) {
        if (error instanceof SyntaxError) throw new DocumentUnreadable(ref, 'it is not JSON');
        throw error;
      }
      const parsed = schema.safeParse(data);
      if (parsed.success) return parsed.data;
      const issue = parsed.error.issues[0];
      throw new DocumentUnreadable(
        ref,
        `${issue?.path.join('.') ?? ''}: ${issue?.message ?? 'it is another'}`,
      );
    },
  };
}
