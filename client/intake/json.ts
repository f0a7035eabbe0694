import { parse } from 'secure-json-parse';
import { MalformedPayload } from './malformed.js';

/** No sender nests so deep; whoever walks what was parsed may recurse. */
const MAX_DEPTH = 100;

const QUOTE = '"';
const BACKSLASH = '\\';
const OPEN = '[{';
const CLOSE = ']}';

/**
 * Reads JSON that strangers sent. Keys that could touch prototypes are left out.
 *
 * @param what names the text in the error: `the body`
 * @throws MalformedPayload when it is no JSON or nested without end
 */
export function parseJson(json: Buffer | string, what = 'the body'): unknown {
  const text = typeof json === 'string' ? json : json.toString('utf8');
  if (text.trim() === '') throw fault(`${what} is empty; expected JSON`);
  if (isDeeperThan(MAX_DEPTH, text)) throw fault(`${what} is nested more than ${MAX_DEPTH} deep`);
  try {
    return parse(text, { protoAction: 'remove', constructorAction: 'remove' }) as unknown;
  } catch {
    throw fault(`${what} is not JSON`);
  }
}

function fault(problem: string): MalformedPayload {
  return new MalformedPayload([{ field: '', problem }]);
}

/** Looks at brackets outside of texts alone, before anything is built of them. */
function isDeeperThan(limit: number, text: string): boolean {
  let depth = 0;
  let isInText = false;
  for (let i = 0; i < text.length; i++) {
    const char = text.charAt(i);
    if (isInText) {
      if (char === BACKSLASH) i++;
      else if (char === QUOTE) isInText = false;
    } else if (char === QUOTE) isInText = true;
    else if (OPEN.includes(char)) depth++;
    else if (CLOSE.includes(char)) depth--;
    if (depth > limit) return true;
  }
  return false;
}
