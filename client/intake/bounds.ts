/**
 * Bounds on what strangers send. Labels pass through workflow history, search attributes and reports, so they are
 * made harmless once, where they come in.
 */
export const LIMITS = {
  /** A service's or environment's name: search attributes are indexed up to 255 bytes. */
  name: 120,
  title: 200,
  labelName: 120,
  labelValue: 512,
  labels: 48,
  annotationValue: 2_048,
  annotations: 16,
  url: 2_048,
  links: 8,
} as const;

/** Annotation in which the intake says what it did to an alert. */
export const NOTE = 'faultline_note';

const CUT_MARK = '…';

/** One line without control characters, at most `length` characters, cut with a mark. */
export function oneLine(text: string, length: number): string {
  return cut(
    wellFormed(text)
      .replace(/[\p{Cc}\p{Zl}\p{Zp}\s]+/gu, ' ')
      .trim(),
    length,
  );
}

/** A string map within bounds, and how many entries were left out or cut. */
export function boundMap(
  map: Record<string, string>,
  limits: { entries: number; value: number },
): { map: Record<string, string>; cut: number } {
  const entries = Object.entries(map);
  const kept = entries.slice(0, limits.entries);
  let changed = entries.length - kept.length;
  const bounded = kept.map(([name, value]): [string, string] => {
    if (name.length > LIMITS.labelName || value.length > limits.value) changed++;
    return [cut(wellFormed(name), LIMITS.labelName), cut(wellFormed(value), limits.value)];
  });
  return { map: Object.fromEntries(bounded), cut: changed };
}

/** An http(s) address without user and password, or undefined for anything else. */
export function safeUrl(text: string | undefined): string | undefined {
  if (text === undefined || text.length > LIMITS.url || !URL.canParse(text)) return undefined;
  const url = new URL(text);
  if (url.protocol !== 'http:' && url.protocol !== 'https:') return undefined;
  if (!url.username && !url.password) return text;
  url.username = '';
  url.password = '';
  return url.href;
}

function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  return wellFormed(text.slice(0, length - CUT_MARK.length)) + CUT_MARK;
}

/** Half a surrogate pair, from the sender or from cutting, is no Unicode and stops some readers. */
function wellFormed(text: string): string {
  return Buffer.from(text, 'utf8').toString('utf8');
}
