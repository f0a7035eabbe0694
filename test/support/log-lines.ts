import type { LogLine } from '../../analysis/logs/line.js';
import { mineLines } from '../../analysis/logs/mine.js';
import type { LogTable } from '../../model/telemetry.js';

/** Lines as a source of logs counts them, by the second unless said otherwise. */
export function counted(lines: LogLine[], services: string[] = [], stepSeconds = 1): LogTable {
  return mineLines(lines, { stepSeconds, services });
}
