import { stripVTControlCharacters } from 'node:util';
import pc from 'picocolors';
import { BadInput } from '../errors.js';
import { systemErrorWords } from './system-errors.js';

/** Standard output or error, or what stands in for them. */
export type OutputStream = NodeJS.WritableStream & {
  isTTY?: boolean | undefined;
  columns?: number | undefined;
};

const WIDTH_ELSEWHERE = 100;

/** Columns to print in; a terminal that does not know its size says 0. */
export function widthOf(stream: OutputStream): number {
  return hasSize(stream) ? (stream.columns ?? WIDTH_ELSEWHERE) : WIDTH_ELSEWHERE;
}

/** Whether this is a terminal on which something can be drawn over. */
export function isDrawable(stream: OutputStream): boolean {
  return stream.isTTY === true && hasSize(stream);
}

function hasSize(stream: OutputStream): boolean {
  return stream.columns !== undefined && stream.columns > 0;
}

export type Colors = ReturnType<typeof pc.createColors>;

/** Colours are for terminals whose user did not refuse them (no-color.org). */
export function colorsFor(stream: OutputStream, env: NodeJS.ProcessEnv): Colors {
  return pc.createColors(stream.isTTY === true && !env['NO_COLOR'] && env['TERM'] !== 'dumb');
}

/**
 * Text from labels and people, safe to print: without escape sequences, control characters and the marks that
 * turn the reading direction around.
 */
export function plain(text: string): string {
  return stripVTControlCharacters(text)
    .replace(/[\t\n\r]+/g, ' ')
    .replace(/[\p{Cc}\u200e\u200f\u202a-\u202e\u2066-\u2069]/gu, '');
}

/** One JSON document. What a terminal might obey is escaped; readers of JSON see the same text. */
export function jsonDocument(value: unknown): string {
  const escaped = JSON.stringify(value, null, 2).replace(
    /[\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
  return `${escaped}\n`;
}

/** `2026-11-24 10:42:50` in UTC. */
export function utc(seconds: number): string {
  return new Date(seconds * 1000).toISOString().slice(0, 19).replace('T', ' ');
}

/** Writes what `--output` asks for. @throws BadInput that says why the file cannot be written */
export async function writeOutput(file: string, text: string): Promise<void> {
  const { writeFile } = await import('node:fs/promises');
  try {
    await writeFile(file, text);
  } catch (error) {
    const words = systemErrorWords(error, '--output');
    throw words === null ? error : new BadInput(words, { cause: error });
  }
}

/** Room for a table: the terminal's columns; null where lines are not cut, as for a pipe. */
export function tableWidth(stream: OutputStream): number | null {
  return isDrawable(stream) ? widthOf(stream) : null;
}
