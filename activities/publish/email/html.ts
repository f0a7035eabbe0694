import { h, type ComponentChild } from 'preact';
import { render } from 'preact-render-to-string';
import type { IncidentRecord } from '../../../model/incident.js';
import { briefOf, type Brief } from '../../../report/brief.js';
import { oneLine } from '../../../report/escape.js';
import { actionWords, followable } from '../plain-brief.js';

/*
 * Mail readers drop style sheets, so each element carries its own style. Nothing is loaded from anywhere: no image
 * tells who reads it.
 */

const MOST_NEWS = 5;
const MOST_LINKS = 5;
const LONGEST_ADDRESS = 1000;
const STYLE = {
  page: 'font-family:-apple-system,Segoe UI,Roboto,Helvetica,Arial,sans-serif;font-size:15px;line-height:1.5;max-width:640px;margin:0 auto;padding:16px;overflow-wrap:anywhere',
  title: 'font-size:20px;line-height:1.3;margin:0 0 12px',
  heading: 'font-size:15px;margin:20px 0 6px',
  name: 'text-align:left;vertical-align:top;padding:2px 16px 2px 0;font-weight:600;white-space:nowrap',
  value: 'vertical-align:top;padding:2px 0',
  list: 'margin:0;padding-left:20px',
  command:
    'font-family:Consolas,Menlo,monospace;font-size:13px;white-space:pre-wrap;margin:4px 0 10px;padding:8px;border:1px solid #8886;border-radius:4px',
  foot: 'font-size:12px;opacity:.75;margin-top:24px',
} as const;

/** The summary as an HTML document for mail. What it shows is escaped by its construction. */
export function htmlOf(record: IncidentRecord, news: readonly string[]): string {
  const brief = briefOf(record);
  const page = h('html', { lang: 'en' }, [
    h('head', null, [
      h('meta', { charset: 'utf-8' }),
      h('meta', { name: 'viewport', content: 'width=device-width' }),
      h('title', null, brief.title),
    ]),
    h('body', { style: STYLE.page }, [
      h('h1', { style: STYLE.title }, brief.title),
      h('p', null, oneLine(brief.cause, 700)),
      ...bullets('What changed', news.slice(0, MOST_NEWS)),
      facts(brief),
      ...bullets(
        'Why',
        brief.why.map(({ stance, statement }) => `${stance === 'for' ? 'For' : 'Against'}: ${statement}`),
      ),
      ...bullets('Ruled out', brief.ruledOut === null ? [] : [brief.ruledOut]),
      ...bullets('Not checked', brief.notChecked === null ? [] : [brief.notChecked]),
      ...next(brief),
      ...links(brief),
      h('p', { style: STYLE.foot }, `Faultline, revision ${record.revision} of ${oneLine(record.id, 200)}`),
    ]),
  ]);
  return `<!DOCTYPE html>\n${render(page)}`;
}

function heading(words: string): ComponentChild {
  return h('h2', { style: STYLE.heading }, words);
}

function bullets(title: string, sentences: readonly string[]): ComponentChild[] {
  if (sentences.length === 0) return [];
  const items = sentences.map((sentence) => h('li', null, oneLine(sentence, 400)));
  return [heading(title), h('ul', { style: STYLE.list }, items)];
}

function facts({ fields, status }: Brief): ComponentChild {
  const rows = [...fields, { name: 'Status', value: status }].map(({ name, value }) =>
    h(
      'tr',
      null,
      h('th', { scope: 'row', style: STYLE.name }, name),
      h('td', { style: STYLE.value }, oneLine(value, 300)),
    ),
  );
  return h('table', null, h('tbody', null, rows));
}

function next({ actions }: Brief): ComponentChild[] {
  if (actions.length === 0) return [];
  const items = actions.map((action) =>
    h(
      'li',
      null,
      actionWords(action),
      action.command === null ? null : h('pre', { style: STYLE.command }, action.command),
    ),
  );
  return [heading('Next'), h('ol', { style: STYLE.list }, items)];
}

function links(brief: Brief): ComponentChild[] {
  const items = followable(brief, MOST_LINKS, LONGEST_ADDRESS).map(({ title, url }) =>
    h('li', null, h('a', { href: url }, title)),
  );
  return items.length === 0 ? [] : [heading('Look further'), h('ul', { style: STYLE.list }, items)];
}
