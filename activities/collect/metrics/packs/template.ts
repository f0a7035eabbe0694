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
