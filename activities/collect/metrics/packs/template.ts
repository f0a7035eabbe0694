/** Values for the variables of a template. */
export type Variables = Readonly<Record<string, string>>;

/** `$name` or `${name}`; a digit after the dollar is a regular expression's group and stays. */
const VARIABLE = /\$(?:\{([a-z][A-Za-z]*)\}|([a-z][A-Za-z]*))/g;

/** Fills in the variables that are known and leaves the others. */
export function fill(template: string, variables: Variables): string {
  return template.replace(VARIABLE, (whole, braced?: string, bare?: string) => {
    const name = braced ?? bare ?? '';
    return Object.hasOwn(variables, name) ? variables[name]! : whole;
  });
}

/** Replaces each `$macro(...)` by what `rewrite` makes of what stands between its parentheses. */
export function rewriteMacro(template: string, macro: string, rewrite: (inner: string) => string): string {
  const begin = `$${macro}(`;
  const start = template.indexOf(begin);
  if (start < 0) return template;
  const open = start + begin.length;
  let end = open;
  for (let depth = 1; depth > 0 && end < template.length; end++) {
    if (template[end] === '(') depth++;
    if (template[end] === ')') depth--;
  }
  const inner = rewriteMacro(template.slice(open, end - 1), macro, rewrite);
  return template.slice(0, start) + rewrite(inner) + rewriteMacro(template.slice(end), macro, rewrite);
}

export function variablesOf(template: string): string[] {
  return [...template.matchAll(VARIABLE)].map((match) => match[1] ?? match[2] ?? '');
}

const REGEX_SPECIAL = /[\\^$.|?*+()[\]{}]/g;

/** A text as a part of an RE2 pattern that matches just it. */
export function quoteRegex(text: string): string {
  return text.replace(REGEX_SPECIAL, '\\$&');
}

/** A text between double quotes of PromQL. */
export function quotePromql(text: string): string {
  return JSON.stringify(text);
}
