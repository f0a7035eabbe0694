import type { IncidentRecord } from '../../model/incident.js';
import type { Session } from './context.js';
import { widthOf } from './output.js';

/** A record as the terminal shows it, without the last line break. */
export function textOf(record: IncidentRecord, { deps, colors }: Session): string {
  return deps.render.text(record, { width: widthOf(deps.stdout), color: colors.isColorSupported }).trimEnd();
}
