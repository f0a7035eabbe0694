import { linkTarget } from '../../../report/escape.js';
import { maskAddress } from '../../../report/mask.js';
import { slackEntities } from '../../../report/slack-entities.js';

/*
 * Slack's own markup. Text from outside is escaped here, whatever it holds: `<!channel>` would ring everybody.
 */

/**
 * Slack has no way to escape its marks for bold, strike and code, so they are written as characters that look like
 * them. An underscore within a name (`db_pool_size`) means nothing to Slack and stays.
 */
const MARKS: Record<string, string> = { '*': '\u2217', '~': '\u223c', '`': '\u02cb', _: '\u02cd' };
const MARK = /[*~`]|(?<![\p{L}\p{N}])_|_(?![\p{L}\p{N}])/gu;
/** One line of harmless text as mrkdwn that reads as that text. */
export function escapeMrkdwn(text: string): string {
  return slackEntities(text.replace(MARK, (mark) => MARKS[mark] ?? mark));
}

/**
 * As much of `text` as fits into `limit` characters once `escape` has written it, with a mark where it was cut.
 * Slack counts what it is sent, entities included.
 */
export function fitted(text: string, limit: number, escape: (text: string) => string = escapeMrkdwn): string {
  const whole = escape(text);
  if (whole.length <= limit) return whole;
  const characters = Array.from(text);
  let [fits, tooMany] = [0, characters.length];
  while (tooMany - fits > 1) {
    const middle = Math.floor((fits + tooMany) / 2);
    if (escape(`${characters.slice(0, middle).join('')}…`).length <= limit) fits = middle;
    else tooMany = middle;
  }
  return escape(`${characters.slice(0, fits).join('').trimEnd()}…`);
}

/** A command to copy. Null when it cannot be shown as it is: a backtick would end the code and change the command. */
export function code(text: string, limit: number): string | null {
  const shown = `\`${slackEntities(text)}\``;
  return text.includes('`') || text === '' || shown.length > limit ? null : shown;
}

/** A link; null where the address is no web page or too long to be worth its room. */
export function link(title: string, url: string, limit: number): string | null {
  const target = linkTarget(maskAddress(url));
  if (target === null) return null;
  const shown = `<${slackEntities(target)}|${escapeMrkdwn(title).replaceAll('|', '\u2758')}>`;
  return shown.length > limit ? null : shown;
}
