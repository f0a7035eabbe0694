/** What is written in place of a secret. */
const MASK = '***';

/*
 * Searched in linear time, whatever the text: a repetition is bounded, or nothing can follow it, or what it repeats
 * cannot begin a match anew.
 */
const URL_LOGIN = /:\/\/[^\s/?#"'<>]+@/g;
/** A password with characters that belong encoded; a port and a path with an at sign in it are not one. */
const URL_PASSWORD = /:\/\/[^\s/?#@:"'<>]{0,200}:(?!\d{1,5}[/?#])[^\s@"'<>]{1,200}@/g;

const SECRET_NAME =
  '[\\w-]{0,40}(?:token|secret|passw(?:or)?d|passwd|pwd|api[-_]?key|access[-_]?key|private[-_]?key|signature|credentials?)';

/** `?token=abc`, `password=abc`, `token[]=abc`; not the quoted matchers of a query language. */
const ASSIGNED = new RegExp(
  `(?<![\\w-])((?:${SECRET_NAME}|auth|sig|key)(?:\\[\\w{0,20}\\])?)=(?![~"'])[^\\s&;,#"'<>)\\]}]+`,
  'gi',
);

/**
 * `password: abc`, `"token": "abc"`, `secret="abc"`: how logs and messages write it. `token=~"a.*"` is a matcher of a
 * query language, and `?token=&a=1` holds nothing to hide.
 */
const SPOKEN = new RegExp(
  `(?<![\\w-])(${SECRET_NAME})("?\\s{0,3}(?::|=(?![~&]))\\s{0,3})(?!\\*{3})("[^"\\n]+"|'[^'\\n]+'|[^\\s,;"'}\\])]+)`,
  'gi',
);

/** Also as JSON has it, and JSON within JSON. */
const HEADER =
  /\b(authorization(?:\\?")?\s{0,3}[:=]\s{0,3}(?:\\?")?)((?:bearer|basic|digest|token)\s{1,3})?[^\s",;\\]+/gi;
const BEARER = /\b(bearer\s{1,3})[A-Za-z0-9._~+/=-]{16,}/gi;

/** Credentials that are known by their look. */
const KNOWN_SHAPES =
  /(?<![\w-])(?:eyJ[\w-]{8,}\.[\w-]{4,}\.[\w-]{2,}|gh[pousr]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{15,}|xox[abeprs]-[\w-]{10,}|(?:AKIA|ASIA)[A-Z0-9]{16}|sk-[\w-]{20,})/g;

/** Text that comes from outside (labels, log lines, titles, addresses) without the secrets that it shows. */
export function maskSecrets(text: string): string {
  return maskAddress(text).replace(SPOKEN, (_all, name: string, between: string, value: string) => {
    const quote = value.startsWith('"') || value.startsWith("'") ? value.charAt(0) : '';
    return `${name}${between}${quote}${MASK}${quote}`;
  });
}

/**
 * A query or an address without the secrets in it. Quoted label matchers stay: a masked query could not be pasted.
 */
export function maskAddress(text: string): string {
  return text
    .replace(URL_LOGIN, `://${MASK}@`)
    .replace(URL_PASSWORD, `://${MASK}@`)
    .replace(ASSIGNED, `$1=${MASK}`)
    .replace(HEADER, (_all, name: string, scheme = '') => `${name}${scheme}${MASK}`)
    .replace(BEARER, `$1${MASK}`)
    .replace(KNOWN_SHAPES, MASK);
}

/** A copy of plain data with secrets masked in every text; what stands under `query` or `url` stays usable. */
export function withoutSecrets<T>(data: T): T {
  return masked(data, '') as T;
}

function masked(data: unknown, key: string): unknown {
  if (typeof data === 'string')
    return key === 'query' || key === 'url' ? maskAddress(data) : maskSecrets(data);
  if (Array.isArray(data)) return data.map((one) => masked(one, key));
  if (typeof data !== 'object' || data === null) return data;
  return Object.fromEntries(
    Object.entries(data).map(([name, value]) => [
      name,
      typeof value === 'string' && isSecretName(name) ? MASK : masked(value, name),
    ]),
  );
}

const WHOLE_SECRET_NAME = new RegExp(`^${SECRET_NAME}$`, 'i');

/** A label that is called `api_token` holds a secret, whatever it looks like. */
function isSecretName(name: string): boolean {
  return WHOLE_SECRET_NAME.test(name);
}
