import { compile, TreeInterpreter } from '@jmespath-community/jmespath';
import type { GenericConfig } from '../../../config/sources/generic.js';
import { labelsFrom, textOf } from '../labels.js';
import { MalformedPayload } from '../malformed.js';
import { secondsOf } from '../moment.js';
import { plainSignal } from '../plain.js';
import { notAnAlert, orLeftOut, type Item } from '../reading.js';

type Search = (data: unknown) => unknown;
type Data = Parameters<typeof TreeInterpreter.search>[1];

/** Reads posts of unknown form as the configuration says. Its expressions are compiled once. */
export class Mapping {
  private readonly each: Search | undefined;
  private readonly map: [field: string, search: Search][];

  constructor(private readonly settings: GenericConfig) {
    this.each = settings.each === undefined ? undefined : this.searchFor('each', settings.each);
    this.map = Object.entries(settings.map).flatMap(([field, path]): [string, Search][] =>
      path === undefined ? [] : [[field, this.searchFor(`map.${field}`, path)]],
    );
  }

  /**
   * @throws MalformedPayload when there is no list of alerts; an alert that lacks what must be there is left out
   */
  *itemsIn(body: unknown): Generator<Item> {
    for (const [i, alert] of this.listIn(body).entries()) yield orLeftOut(() => this.itemOf(alert, i));
  }

  private itemOf(alert: unknown, i: number): Item {
    const found = new Map(this.map.map(([field, search]) => [field, search(alert)]));
    const status = textOf(found.get('status'))?.trim().toLowerCase() ?? '';
    if (isOneOf(this.settings.ignoredWhen, status)) return notAnAlert(`the status ${status} (ignoredWhen)`);
    const needed = (field: 'title' | 'fingerprint'): string => {
      const text = textOf(found.get(field))?.trim();
      if (text) return text;
      throw this.fault(`map.${field}`, `${this.settings.map[field]} finds no text in alert ${i + 1}`);
    };
    const text = (field: string) => textOf(found.get(field));
    return plainSignal(this.settings.name, {
      title: needed('title'),
      fingerprint: [needed('fingerprint')],
      status: isOneOf(this.settings.resolvedWhen, status) ? 'resolved' : 'firing',
      group: text('group'),
      service: text('service'),
      environment: text('environment'),
      summary: text('summary'),
      severity: text('severity'),
      symptom: text('symptom'),
      startedAt: secondsOf(found.get('startedAt')),
      endedAt: secondsOf(found.get('endedAt')),
      labels: labelsFrom(found.get('labels')),
      links: [['Alert', text('link')]],
    });
  }

  private listIn(body: unknown): unknown[] {
    if (this.each === undefined) return [body];
    const list = this.each(body) ?? [];
    if (Array.isArray(list)) return list;
    throw this.fault('each', `${this.settings.each ?? ''} leads to no list`);
  }

  /** An expression that fails on a post, such as one that adds texts, fails on every copy of it. */
  private searchFor(field: string, expression: string): Search {
    const compiled = compile(expression);
    return (data) => {
      try {
        return TreeInterpreter.search(compiled, data as Data);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw this.fault(field, `${expression} cannot be applied to this post: ${reason}`);
      }
    };
  }

  private fault(field: string, problem: string): MalformedPayload {
    return new MalformedPayload([
      { field: `webhook.sources.generic (${this.settings.name}).${field}`, problem },
    ]);
  }
}

function isOneOf(words: readonly string[], status: string): boolean {
  return words.some((word) => word.toLowerCase() === status);
}
