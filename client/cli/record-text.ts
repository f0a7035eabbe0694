import { Option } from 'commander';
import type { IncidentRecord } from '../../model/incident.js';
import type { Session } from './context.js';
import { widthOf } from './output.js';

/** `--full`, for commands that print a summary. */
export function fullOption(): Option {
  return new Option('--full', 'print the whole summary, not only its first screen');
}

/** A record as the terminal shows it, without the last line break. */
export async function textOf(
  record: IncidentRecord,
  { deps, colors }: Session,
  full: boolean,
): Promise<string> {
  const renderer = await deps.renderer();
  const look = { width: widthOf(deps.stdout), color: colors.isColorSupported, full };
  return renderer.text(record, look).trimEnd();
}
