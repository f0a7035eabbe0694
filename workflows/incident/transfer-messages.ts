import type { Anomaly } from '../../model/anomaly.js';
import { jsonBytes } from '../../model/bytes.js';
import type { CountedAlerts, IncidentMessage, OutboxItem } from '../../model/delivery.js';
import { marksOf } from './alerts.js';

/** Of one message, in UTF-8 JSON: below the 256 KiB that an incident takes at once, with room for the frame. */
const MOST_MESSAGE_BYTES = 240 * 1024;
/** Counted alerts that travel as one piece, some 48 KiB of marks. */
const MARKS_PER_PIECE = 4_000;

/** An order to give alerts to another incident, and what of it is still to be delivered. */
export interface Transfer {
  /** The message that ordered it. */
  id: string;
  /** The incident that gets them. */
  to: string;
  /** Null: all. */
  service: string | null;
  by: string;
  items: OutboxItem[];
}

interface Given {
  anomalies: Anomaly[];
  counted: CountedAlerts;
}

type Piece = { anomaly: Anomaly } | { service: string; status: 'firing' | 'resolved'; marks: string };

/** The messages that hand these alerts over, in order, each within its budget; none when there are no alerts. */
export function transferItems(
  from: { id: string; environment: string },
  order: Pick<Transfer, 'id' | 'to' | 'by'>,
  given: Given,
): OutboxItem[] {
  return packed(piecesOf(given)).map((pieces, i) =>
    itemTo(order.to, from.environment, {
      id: `${order.id}/${i + 1}`,
      body: { kind: 'transferred', from: from.id, by: order.by, ...join(pieces) },
    }),
  );
}

/** Sends a message on to the incident that got the alerts it is about. */
export function itemTo(incident: string, environment: string, message: IncidentMessage): OutboxItem {
  return { incident, environment, start: true, message };
}

function piecesOf({ anomalies, counted }: Given): Piece[] {
  const statuses = ['firing', 'resolved'] as const;
  return [
    ...anomalies.map((anomaly) => ({ anomaly })),
    ...Object.entries(counted).flatMap(([service, marks]) =>
      statuses.flatMap((status) =>
        chunks(marksOf(marks[status])).map((some) => ({ service, status, marks: some.join('') })),
      ),
    ),
  ];
}

function chunks(marks: string[]): string[][] {
  return Array.from({ length: Math.ceil(marks.length / MARKS_PER_PIECE) }, (_, i) =>
    marks.slice(i * MARKS_PER_PIECE, (i + 1) * MARKS_PER_PIECE),
  );
}

function packed(pieces: Piece[]): Piece[][] {
  const packs: Piece[][] = [];
  let bytes = Infinity;
  for (const piece of pieces) {
    const size = jsonBytes(piece);
    bytes += size;
    if (bytes > MOST_MESSAGE_BYTES) {
      packs.push([]);
      bytes = size;
    }
    packs.at(-1)?.push(piece);
  }
  return packs;
}

function join(pieces: Piece[]): Given {
  const given: Given = { anomalies: [], counted: {} };
  for (const piece of pieces) {
    if ('anomaly' in piece) given.anomalies.push(piece.anomaly);
    else {
      const { service, status, marks } = piece;
      const known = Object.hasOwn(given.counted, service) ? given.counted[service] : undefined;
      const { firing, resolved } = known ?? { firing: '', resolved: '' };
      given.counted[service] =
        status === 'firing' ? { firing: firing + marks, resolved } : { firing, resolved: resolved + marks };
    }
  }
  return given;
}
