/** Text, numbers and booleans of a foreign object, as labels; what is nested or null is left out. */
export function labelsFrom(object: unknown): Record<string, string> {
  if (typeof object !== 'object' || object === null || Array.isArray(object)) return {};
  const entries = Object.entries(object).flatMap(([name, value]: [string, unknown]) => {
    const text = textOf(value);
    return text === undefined ? [] : [[name, text] as const];
  });
  return safely(entries);
}

/** Tags such as `service:checkout` and `env=prod`; one without a value is `true`. The first of a name counts. */
export function labelsFromTags(tags: readonly string[]): Record<string, string> {
  const entries = tags.flatMap((tag): [string, string][] => {
    const end = tag.search(/[:=]/);
    const name = (end < 0 ? tag : tag.slice(0, end)).trim();
    return name === '' ? [] : [[name, end < 0 ? 'true' : tag.slice(end + 1).trim()]];
  });
  return safely(entries.reverse());
}

/** A scalar as text. */
export function textOf(value: unknown): string | undefined {
  if (typeof value === 'string') return value;
  return typeof value === 'number' || typeof value === 'boolean' ? String(value) : undefined;
}

/** Without what is undefined or blank. */
export function present(labels: Record<string, string | null | undefined>): Record<string, string> {
  return safely(Object.entries(labels).flatMap(([name, value]) => (value?.trim() ? [[name, value]] : [])));
}

function safely(entries: readonly (readonly [string, string])[]): Record<string, string> {
  return Object.fromEntries(entries.filter(([name]) => name !== '__proto__'));
}
