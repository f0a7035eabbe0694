/** What is written in place of a secret. */
const MASK = '***';

/*
 * Searched in linear time, whatever the text: a repetition is bounded, or nothing can follow it, or what it repeats
 * cannot begin a match anew.
 */

/** The body of a PEM block of a private key, to its end or to the end of the text. */
const PRIVATE_KEY =
  /(-----BEGIN [A-Z ]{0,30}PRIVATE KEY-----)(?:(?!-----(?:BEGIN|END) )[\s\S])*(-----END [A-Z ]{0,30}PRIVATE KEY-----)?/g;

const URL_LOGIN = /:\/\/[^\s/?#"'<>]+@/g;
/** A password with characters that belong encoded; a port and a path with an at sign in it are not one. */
const URL_PASSWORD = /:\/\/[^\s/?#@:"'<>]{0,200}:(?!\d{1,5}[/?#])[^\s@"'<>]{1,200}@(?:[^\s?@"'<>]{1,200}@)?/g;
/** The login of a MySQL data source name: `root:abc@tcp(db:3306)/shop`. */
const DSN_LOGIN = /(?<![\w@./-])([\w.-]{1,64}):[^\s:@"'<>/]{1,200}@(?=(?:tcp|unix)\()/g;
/** Addresses that are a credential as a whole: incoming webhooks of chats. */
const WEBHOOK_URL =
  /(https:\/\/(?:hooks\.slack\.com\/(?:services|workflows|triggers)|(?:[\w-]{1,60}\.)?discord(?:app)?\.com\/api\/webhooks|[\w-]{1,60}\.webhook\.office\.com\/webhookb2)\/)[^\s"'<>]+/g;

/** Names that hold a secret, also as the end of a longer one: `DB_PASSWORD`, `x-api-key`. */
const ENDS_SECRET =
  'token|secret|passw(?:or)?d|passwd|passphrase|pwd|api[-_]?key|access[-_]?key|account[-_]?key|private[-_]?key|signature|credentials?|cookie';
/** Words that hold a secret when they stand by themselves, or after a dash or an underscore. */
const WORD_SECRET = 'pass|otp|session(?:[-_]?id)?';
const SECRET_NAME = `(?:[\\w-]{0,40}(?:${ENDS_SECRET})|(?:[\\w-]{0,40}[-_])?(?:${WORD_SECRET}))`;

/** `?token=abc`, `password=abc`, `token[]=abc`; not the quoted matchers of a query language. */
const ASSIGNED = new RegExp(
  `(?<![\\w-])((?:${SECRET_NAME}|auth|sig|key|(?<=[?&])code)(?:\\[\\w{0,20}\\])?)=(?![~"'>\\\\])[^\\s&;,#"'<>)\\]}\\\\]+`,
  'gi',
);

/**
 * `password: abc`, `"token": "abc"`, `secret="abc"`, `secret => abc`, also escaped as JSON within JSON: how logs and
 * messages write it. `token=~"a.*"` is a matcher of a query language, and `?token=&a=1` holds nothing to hide.
 */
const SPOKEN = new RegExp(
  `(?<![\\w-])(${SECRET_NAME})((?:\\\\?")?\\s{0,3}(?::|=>|=(?![~&>]))\\s{0,3})(?!(?:\\\\?["'])?\\*{3})` +
    `(\\\\"(?:[^"\\\\\\n]|\\\\\\\\)+\\\\"|"[^"\\n]+"|'[^'\\n]+'|[^\\s,;"'}\\])\\\\]+)`,
  'gi',
);
/** A pass phrase without quotes: `password: correct horse battery`. The words after the first that are plain ones. */
const PHRASE =
  /((?:passw(?:or)?d|passphrase)\s{0,3}[:=]\s{0,3}\*{3})(?: [a-z]{2,20}){2,12}(?=[\s.,;]|$)(?![\w=:])/gi;
/** `--password abc` of a command line, `password is abc` of a sentence. */
const FLAG = new RegExp(`(?<![\\w-])(--?(?:${SECRET_NAME}))\\s{1,3}(?![-*])[^\\s"']+`, 'gi');
const SENTENCE =
  /\b((?:password|passphrase)\s(?:is|was)\s)(?!\*{3}|(?:a|an|the|not|no|too|set|being|expired|missing|wrong|incorrect|invalid|required|empty|weak|changed|reset)\b)\S{1,200}/gi;
/** `<password>abc</password>` */
const ELEMENT = new RegExp(`(<(${SECRET_NAME})>)[^<\\n]{1,500}(?=</\\2>)`, 'gi');

/** Also as JSON has it, and JSON within JSON. */
const HEADER =
  /\b(authorization(?:\\?")?\s{0,3}[:=]\s{0,3}(?:\\?")?)((?:bearer|basic|digest|token)\s{1,3})?[^\s",;\\]+/gi;
/** The rest of the line: cookies are many, and each may be a session. */
const COOKIE_HEADER =
  /\b((?:set-)?cookie(?:\\?")?\s{0,3}:(?!\s{0,3}(?:\\?")?\*{3})\s{0,3}(?:\\?")?)[^\s"\\][^\r\n"\\]*/gi;
const BEARER = /\b(bearer\s{1,3})[A-Za-z0-9._~+/=-]{8,}/gi;
const BASIC = /\b([Bb]asic\s{1,3})(?=[A-Za-z0-9+/]{0,200}[A-Z0-9+/=])[A-Za-z0-9+/]{8,}={0,2}(?![\w-])/g;

/** Credentials that are known by how they begin. */
const KNOWN_SHAPES = new RegExp(
  `(?<![\\w-])(?:${[
    'eyJ[\\w-]{8,}\\.[\\w-]{4,}\\.[\\w-]{2,}',
    'gh[pousr]_\\w{20,}',
    'github_pat_\\w{20,}',
    'glpat-[\\w-]{15,}',
    'xox[abeprs]-[\\w-]{10,}',
    'xapp-[\\w-]{10,}',
    '(?:AKIA|ASIA)[A-Z0-9]{16}',
    'AIza[\\w-]{30,}',
    'ya29\\.[\\w-]{20,}',
    'sk-[\\w-]{20,}',
    '[srp]k_(?:live|test)_\\w{10,}',
    'npm_\\w{30,}',
    'pypi-[\\w-]{30,}',
    'dop_v1_[0-9a-f]{40,}',
    'SG\\.[\\w-]{16,}\\.[\\w-]{16,}',
    'SK[0-9a-f]{32}',
    'hf_\\w{20,}',
    'hv[sbr]\\.[\\w-]{20,}',
    'gl(?:sa|c)_\\w{20,}',
  ].join('|')})`,
  'g',
);

/** A word shorter than all of them, with no mark that could begin a secret, holds none: most labels are such words. */
const SHORTEST_SHAPE = 15;

/** Text that comes from outside (labels, log lines, titles, addresses) without the secrets that it shows. */
export function maskSecrets(text: string): string {
  if (text.length < SHORTEST_SHAPE && !/[\s:=<@]/.test(text)) return text;
  return maskAddress(text)
    .replace(COOKIE_HEADER, `$1${MASK}`)
    .replace(SPOKEN, (_all, name: string, between: string, value: string) => {
      const quote = /^\\?["']/.exec(value)?.[0] ?? '';
      return `${name}${between}${quote}${MASK}${quote}`;
    })
    .replace(PHRASE, '$1')
    .replace(FLAG, `$1 ${MASK}`)
    .replace(SENTENCE, `$1${MASK}`)
    .replace(ELEMENT, `$1${MASK}`);
}

/**
 * A query or an address without the secrets in it. Quoted label matchers stay: a masked query could not be pasted.
 */
export function maskAddress(text: string): string {
  return text
    .replace(PRIVATE_KEY, (_all, begin: string, end: string | undefined) => `${begin}${MASK}${end ?? ''}`)
    .replace(WEBHOOK_URL, `$1${MASK}`)
    .replace(URL_PASSWORD, `://${MASK}@`)
    .replace(URL_LOGIN, `://${MASK}@`)
    .replace(DSN_LOGIN, `$1:${MASK}@`)
    .replace(ASSIGNED, `$1=${MASK}`)
    .replace(HEADER, (_all, name: string, scheme = '') => `${name}${scheme}${MASK}`)
    .replace(BEARER, `$1${MASK}`)
    .replace(BASIC, `$1${MASK}`)
    .replace(KNOWN_SHAPES, MASK);
}

/** A copy of plain data with secrets masked in every text; what stands under `query` or `url` stays usable. */
export function withoutSecrets<T>(data: T): T {
  return masked(data, '') as T;
}

function masked(data: unknown, key: string): unknown {
  if (typeof data === 'string') {
    if (isSecretName(key)) return MASK;
    return key === 'query' || key === 'url' ? maskAddress(data) : maskSecrets(data);
  }
  // Those of a list under a secret name are secrets as well.
  if (Array.isArray(data)) return data.map((one) => masked(one, key));
  if (typeof data !== 'object' || data === null || ArrayBuffer.isView(data)) return data;
  return Object.fromEntries(Object.entries(data).map(([name, value]) => [name, masked(value, name)]));
}

const WHOLE_SECRET_NAME = new RegExp(`^(?:${SECRET_NAME}|(?:[\\w-]{0,40}[-_])?auth(?:orization)?)$`, 'i');

/** A label that is called `api_token` holds a secret, whatever it looks like. */
function isSecretName(name: string): boolean {
  return WHOLE_SECRET_NAME.test(name);
}
