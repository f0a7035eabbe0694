import wrapAnsi from 'wrap-ansi';

/** The space between a number and its unit, where a line must not break: `14 %`, `1.2 s`. */
const BEFORE_UNIT =
  /(?<=\d) (?=(?:%|->|UTC|[\u00b5m]?s|min|h|d|[kMGT]i?|[KMGT]?i?B|[kMGT]?req\/s|cores)(?![\w]))/g;
const KEPT_SPACE = '\u00a0';

/** Lines of at most `width` columns; words that are longer are broken, numbers keep their unit. */
export function wrapText(text: string, width: number): string[] {
  return wrapAnsi(text.replace(BEFORE_UNIT, KEPT_SPACE), width, { hard: true })
    .replaceAll(KEPT_SPACE, ' ')
    .split('\n')
    .map((line) => line.trimEnd());
}
