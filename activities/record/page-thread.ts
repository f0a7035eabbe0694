import { pageOf } from './draw-page.js';
import { createEvidence } from './evidence-store.js';
import { openBlobs } from './open-store.js';
import type { PageTask } from './page.js';

/** Entry of the thread that draws pages (see page.ts). */
export default function drawInThread({ place, record }: PageTask): Promise<string> {
  return pageOf(record, createEvidence(openBlobs(place)));
}
