import type { IncidentRecord } from '../../model/incident.js';
import type { Session } from './context.js';

const WIDTH_ELSEWHERE = 100;

/** A record as the terminal shows it, without the last line break. */
export function textOf(record: IncidentRecord, { deps, colors }: Session): string {
  const width = deps.stdout.columns ?? WIDTH_ELSEWHERE;
  return deps.render.text(record, { width, color: colors.isColorSupported }).trimEnd();
}
