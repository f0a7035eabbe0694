import { quotePromql, quoteRegex } from '../packs/template.js';

/** How a label tells the requests that failed, as matchers of a pack. */
export interface OutcomeLabel {
  label: string;
  failed: string[];
  /** Of what tells how it ended at all; empty where its absence tells so. */
  told: string[];
  /** Values that were seen, for the reader. */
  values: string[];
  /** What makes it less than sure; null when nothing does. */
  doubt: string | null;
}

/** Labels that tell how something ended, the most telling first. */
const OUTCOME_LABELS: readonly string[] = [
  ...[
    'http_status_code',
    'http_response_status_code',
    'status_code',
    'http_status',
    'response_code',
    'http_code',
  ],
  ...['grpc_code', 'grpc_status', 'rpc_grpc_status_code', 'code', 'outcome', 'result', 'status', 'success'],
  ...[
    'successful',
    'ok',
    'failed',
    'is_error',
    'error',
    'status_class',
    'response',
    'state',
    'error_type',
    'exception',
  ],
];

/** Those of a metric's labels that may tell an outcome; `call_result` and `RespStatus` do as well. */
export function outcomeLabelsIn(labels: readonly string[]): string[] {
  const known = OUTCOME_LABELS.flatMap((name) => labels.find((label) => label.toLowerCase() === name) ?? []);
  const alike = labels.filter((label) => /(^|[a-z]_|[a-z])(code|status|result|outcome)$/i.test(label));
  return [...new Set([...known, ...alike])];
}

const HTTP = /^[1-5]([0-9]{2}|xx)$/i;
const GRPC =
  /^(ok|cancell?ed|unknown|invalid_?argument|deadline_?exceeded|not_?found|already_?exists|permission_?denied|resource_?exhausted|failed_?precondition|aborted|out_?of_?range|unimplemented|internal|unavailable|data_?loss|unauthenticated)$/i;
/** Names of gRPC that no list of plain outcomes has. */
const GRPC_ALONE =
  /^(invalid_?argument|deadline_?exceeded|permission_?denied|failed_?precondition|unauthenticated)$/i;
const GRPC_FAILED = '(?i:unknown|deadline_?exceeded|unimplemented|internal|unavailable|data_?loss)';

const GOOD =
  /^(ok|okay|succ(ess|eeded|essful)?|true|yes|completed?|done|passed|accepted|approved|delivered|processed)$/i;
const FAILURES =
  'ko|nok|no|false|err(or)?s?|server_?error|fail(ed|ure|ures|s)?|exceptions?|time(d_?)?out|crash(ed)?|panic|unavailable';
const BAD = new RegExp(`^(${FAILURES})$`, 'i');
/** In RE2: failures of which none was seen yet count as well. */
const ANY_BAD = `(?i:${FAILURES})`;
/** Ended by whoever asked, or as it should: no failure of the service. */
const NEITHER =
  /^(client_?error|cancell?ed|rejected|declined|denied|invalid|not_?found|skipped|ignored|redirect|duplicate|retry|retried|pending|started|unauthorized|forbidden)$/i;
const NO_ERROR = /^(none|null|nil|no|-|0|false|ok)$/i;

/**
 * How the values of a label tell what failed; null when they do not speak of outcomes.
 *
 * @param values those that were seen, of which an empty one means that a series has no such label
 */
export function readOutcome(label: string, values: readonly string[]): OutcomeLabel | null {
  const seen = values.filter((value) => value !== '').sort();
  if (seen.length === 0) return null;
  const shown = { label, values: seen };
  const told = [`${label}!=""`];
  if (seen.every((value) => HTTP.test(value))) {
    return { ...shown, failed: [`${label}=~"5(..|xx|XX)"`], told, doubt: null };
  }
  if (/error|exception/.test(label)) return readErrorLabel(shown, values);
  if (/^(failed|is_error)$/.test(label)) return readFlag(shown, /^(true|1|yes)$/i, told);
  if (/^(success|successful|ok)$/.test(label)) return readFlag(shown, /^(false|0|no)$/i, told);
  if (
    seen.every((value) => GRPC.test(value)) &&
    seen.some((value) => GRPC_ALONE.test(value) || value === 'OK')
  ) {
    const doubt = seen.length === 1 ? 'no failure was seen yet' : null;
    return { ...shown, failed: [`${label}=~"${GRPC_FAILED}"`], told, doubt };
  }
  return readWords(shown, told);
}

/** A label that names the error is there, or has another value than none, where there was one. */
function readErrorLabel(
  shown: Pick<OutcomeLabel, 'label' | 'values'>,
  all: readonly string[],
): OutcomeLabel | null {
  const { label, values } = shown;
  if (values.every((value) => /^(true|false)$/i.test(value))) {
    return { ...shown, failed: [`${label}=~"(?i:true)"`], told: [`${label}!=""`], doubt: null };
  }
  const free = values.filter((value) => NO_ERROR.test(value));
  // Only where some have none it says which had one.
  if (free.length === 0 && !all.includes('')) return null;
  const without = ['', ...free].map(quoteRegex).join('|');
  const doubt = `whatever \`${label}\` names is taken for a failure of the service`;
  return { ...shown, failed: [`${label}!~${quotePromql(without)}`], told: [], doubt };
}

function readFlag(
  shown: Pick<OutcomeLabel, 'label' | 'values'>,
  isFailed: RegExp,
  told: string[],
): OutcomeLabel | null {
  const { label, values } = shown;
  if (!values.every((value) => /^(true|false|0|1|yes|no)$/i.test(value))) return null;
  const source = isFailed.source.replace(/^\^|\$$/g, '');
  return { ...shown, failed: [`${label}=~"(?i:${source})"`], told, doubt: null };
}

function readWords(shown: Pick<OutcomeLabel, 'label' | 'values'>, told: string[]): OutcomeLabel | null {
  const { label, values } = shown;
  const bad = values.filter((value) => BAD.test(value) || /^5[0-9]{2}$/.test(value));
  const good = values.filter((value) => GOOD.test(value));
  if (bad.length + good.length === 0) return null;
  const strangers = values.filter(
    (value) => !BAD.test(value) && !GOOD.test(value) && !NEITHER.test(value) && !HTTP.test(value),
  );
  const doubts = [
    bad.length === 0 ? 'no failure was seen yet' : null,
    strangers.length > 0
      ? `${strangers.slice(0, 5).join(', ')} of \`${label}\` are not taken for failures`
      : null,
  ].filter((doubt) => doubt !== null);
  const codes = values.some((value) => HTTP.test(value)) ? [`${label}=~"5(..|xx)"`] : [];
  return { ...shown, failed: [`${label}=~"${ANY_BAD}"`, ...codes], told, doubt: doubts.join('; ') || null };
}
