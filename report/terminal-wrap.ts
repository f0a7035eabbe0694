import stringWidth from 'string-width';
import wrapAnsi from 'wrap-ansi';

/** The space between a number and its unit, where a line must not break: `14 %`, `1.2 s`. */
const BEFORE_UNIT =
  /(?<=\d) (?=(?:%|->|UTC|[\u00b5m]?s|min|h|d|[kMGT]i?|[KMGT]?i?B|[kMGT]?req\/s|cores)(?![\w]))/g;
const KEPT_SPACE = '\u00a0';
const FILLER = '\ue002';

/** An address, which a terminal makes clickable and people copy: broken, it is neither. */
const ADDRESS = /\b(?:https?|file):\/\/\S+/g;

/**
 * Lines of at most `width` columns; words that are longer are broken, numbers keep their unit. Addresses alone are never
 * broken: the line that holds one may be longer.
 */
export function wrapText(text: string, width: number): string[] {
  const addresses: string[] = [];
  // Each is wrapped as a word of its width, at most a line, that holds its number between characters of no meaning.
  const kept = text.replace(BEFORE_UNIT, KEPT_SPACE).replace(ADDRESS, (address) => {
    const mark = `\ue000${addresses.length}\ue001`;
    addresses.push(address);
    return mark.padEnd(Math.min(stringWidth(address), width), FILLER);
  });
  return wrapAnsi(kept, width, { hard: true })
    .replaceAll(KEPT_SPACE, ' ')
    .replace(/\ue000(\d+)\ue001\ue002*/g, (_, index) => addresses[Number(index)] ?? '')
    .split('\n')
    .map((line) => line.trimEnd());
}
