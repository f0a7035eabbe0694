import {
  innerMessage,
  levelOf,
  levelOfFields,
  levelWithin,
  messageOf,
  type LogLine,
} from '../../analysis/logs/line.js';
import { mineLines } from '../../analysis/logs/mine.js';
import { countingStep } from '../../analysis/logs/step.js';
import type { LogTable } from '../../model/telemetry.js';
import { readJsonLines, readTable, readText } from './tables.js';

/** Reads `t_ms,service,message` (and `level`, if there); `zero` is the unix time that t_ms counts from. */
export function readLogsCsv(path: string, zero: number): LogLine[] {
  const table = readTable(path);
  const times = table.numbers('t_ms');
  const services = table.texts('service') ?? [];
  const messages = table.texts('message') ?? [];
  const levels = table.texts('level') ?? table.texts('severity');
  return Array.from({ length: table.rows }, (_, row) => {
    const raw = messages[row] ?? '';
    const level = levels?.[row];
    return {
      time: zero + times[row]! / 1e3,
      service: services[row] ?? 'unknown',
      level: level === undefined ? levelWithin(raw) : levelOf(level),
      message: innerMessage(raw),
    };
  });
}

/** Reads lines of JSON with timestamp, service, severity_text and msg; other fields follow the message. */
export function readLogsNdjson(path: string): LogLine[] {
  return readJsonLines(path).map((value) => {
    const line = value as Record<string, unknown>;
    const text = (key: string): string => (typeof line[key] === 'string' ? line[key] : '');
    return {
      time: Date.parse(text('timestamp') || text('time')) / 1e3,
      service: text('service') || 'unknown',
      level: levelOfFields(line),
      message: messageOf(line),
    };
  });
}

interface Pattern {
  signature?: string;
  service?: string;
  sentiment?: string;
  delta_vs_baseline?: string;
}

/** Reads counted log patterns: each that grew stands for one line at `time`. For cases without the lines. */
export function readPatterns(path: string, time: number): LogLine[] {
  const patterns = JSON.parse(readText(path)) as Pattern[];
  if (!Array.isArray(patterns)) throw new Error('is not a list of patterns');
  return patterns
    .filter((pattern) => Number(pattern.delta_vs_baseline ?? 0) > 0)
    .map((pattern) => ({
      time,
      service: pattern.service ?? 'unknown',
      level: pattern.sentiment === 'negative' ? 'error' : 'info',
      message: pattern.signature ?? '',
    }));
}

/** Counts the lines of a case as the product counts those of a source. */
export function countLines(lines: LogLine[], anomalyTime: number, services: string[]): LogTable {
  let [first, last] = [anomalyTime, anomalyTime];
  for (const { time } of lines) [first, last] = [Math.min(first, time), Math.max(last, time)];
  return mineLines(lines, { stepSeconds: countingStep(anomalyTime - first, last - anomalyTime), services });
}
