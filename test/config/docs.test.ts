import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { readChangeSource } from '../../activities/collect/changes/change-source.js';
import { ConfigError, loadConfig } from '../../config/load.js';
import { configSchema, type Config } from '../../config/schema.js';
import { alternatives, nodesAt, schemaNode, valueAt, type SchemaNode } from '../../config/schema-walk.js';

function pageAt(place: string): string {
  return readFileSync(new URL(`../../${place}`, import.meta.url), 'utf8');
}

const PAGE = pageAt('docs/configuration.md');
const [, REFERENCE = ''] = PAGE.split('\n## Every setting\n');

const ROOT = schemaNode(configSchema);
const METRICS = { type: 'prometheus', url: 'http://prometheus.example:9090' };

type Place = (string | number)[];

function blocksOf(page: string, language: string): string[] {
  return [...page.matchAll(new RegExp(`^( *)\`\`\`${language}\n(.*?)^ *\`\`\``, 'gms'))].map(
    ([, indent = '', block = '']) => block.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  );
}

/** A block as a whole file: what only shows a part gets a source of metrics, and `auth` alone belongs to that. */
function fileOf(block: string): object {
  const { auth, ...rest } = parse(block) as Record<string, unknown>;
  return { metrics: { ...METRICS, ...(auth !== undefined && { auth }) }, ...rest };
}

/** Every `${NAME}` of a file has a value. */
function variablesIn(file: object): Record<string, string> {
  const names = [...JSON.stringify(file).matchAll(/\$\{([A-Z_]+)\}/g)].map(([, name = '']) => name);
  return Object.fromEntries(names.map((name) => [name, `value of ${name}`]));
}

/** Every setting of the schema by its variable. The credentials of all that Faultline asks and tells are one. */
function placesOf(node: SchemaNode, at: Place = []): Map<string, Place> {
  const found = new Map<string, Place>();
  const add = (place: Place): void => {
    if (!found.has(variableFor(place))) found.set(variableFor(place), place);
  };
  const options = alternatives(node, undefined);
  for (const { properties, items } of options) {
    // What is one or a list of them has the settings of one.
    const isMany = items !== undefined && options.some((option) => option.properties);
    const isGroup = isMany || (properties !== undefined && (options.length === 1 || at.length < 2));
    if (at.length > 0 && typeof at.at(-1) !== 'number' && !isGroup) add(at);
    const children: [string | number, SchemaNode][] = Object.entries(properties ?? {});
    if (items?.properties ?? items?.oneOf) children.push([0, items]);
    for (const [key, child] of children) {
      for (const place of placesOf(child, [...at, key]).values()) add(place);
    }
  }
  return found;
}

function variableFor(place: Place): string {
  const words = place.map((key) => String(key).replace(/[A-Z]/g, '_$&').toUpperCase());
  const name = ['FAULTLINE', ...words].join('__');
  return name
    .replace('__METRICS__0__', '__METRICS__')
    .replace(
      /__(?:(?:CHANGES|LOGS|TRACES|KUBERNETES|STATUS|SINKS)__0|GUARD__WEBHOOK)__AUTH__/,
      '__METRICS__AUTH__',
    )
    .replace(/__WEBHOOK__(?:SOURCES|CHANGES)__\w+?__AUTH(?=__|$)/, '__WEBHOOK__AUTH');
}

/** The file without one setting. */
function without(file: object, place: Place): object {
  const copy = structuredClone(file);
  const parent = valueAt(copy, place.slice(0, -1));
  assert.ok(typeof parent === 'object' && parent !== null, `${place.join('.')} is not in its block`);
  Reflect.deleteProperty(parent, place.at(-1)!);
  return copy;
}

/** A type in the words of the page. */
function wordsFor(nodes: readonly SchemaNode[], key: string): string {
  const options = nodes.flatMap((node) => node.properties?.['type']?.const ?? node.const ?? node.enum ?? []);
  const rest = nodes.filter(({ const: one, enum: some, properties }) => !(one ?? some ?? properties));
  return listed([...new Set([...options.map(String), ...rest.map((node) => typeWords(node, key))])]);
}

function typeWords(node: SchemaNode, key: string): string {
  const items = node.items && alternatives(node.items, undefined);
  if (items) {
    const words = wordsFor(items, key);
    const each = items.some((item) => item.enum) ? words : words.replace(/^(?:whole )?\w+/, '$&s');
    return items.some(({ properties }) => properties) ? 'list' : `list of ${each}`;
  }
  if (typeof node.additionalProperties === 'object')
    return `${typeWords(node.additionalProperties, key)}s by name`.replace(
      /^list of (.+)ss /,
      'lists of $1s ',
    );
  if (node.type === 'boolean') return 'true or false';
  if (node.type === 'integer' || node.type === 'number') return numberWords(node, key);
  if (node.secret) return 'secret';
  if (node.filePath) return 'path';
  return node.format === 'uri' ? 'http(s) address' : 'text';
}

function numberWords(
  node: SchemaNode & { exclusiveMinimum?: number; minimum?: number; maximum?: number },
  key: string,
) {
  const kind = node.type === 'integer' ? 'whole number' : 'number';
  const { exclusiveMinimum, minimum, maximum = Infinity } = node;
  if (exclusiveMinimum === undefined && minimum === undefined) return kind;
  if (exclusiveMinimum === 0) return key.endsWith('Seconds') ? 'seconds' : `${kind} above 0`;
  return `${kind} from ${minimum}${maximum < Number.MAX_SAFE_INTEGER ? ` to ${maximum}` : ''}`;
}

function listed(words: string[]): string {
  return [words.slice(0, -1).join(', '), words.at(-1)].filter(Boolean).join(' or ');
}

describe('the configuration', () => {
  let directory: string;
  before(async () => {
    directory = await mkdtemp(path.join(os.tmpdir(), 'faultline-docs-'));
  });
  after(() => rm(directory, { recursive: true }));

  async function load(file: object, more: Record<string, string> = {}): Promise<Config> {
    await writeFile(path.join(directory, 'faultline.yml'), stringify(file));
    return (await loadConfig({ cwd: directory, env: { ...variablesIn(file), ...more } })).config;
  }

  const settings = Object.keys(ROOT.properties ?? {});
  for (const page of [
    'docs/configuration.md',
    'docs/webhook-sink.md',
    'docs/sinks/slack.md',
    'docs/store.md',
    'docs/alertmanager.md',
    'docs/triage.md',
    'docs/sources/README.md',
    'docs/sources/grafana.md',
    'docs/sources/pagerduty.md',
    'docs/sources/datadog.md',
    'docs/sources/sns.md',
    'docs/sources/google-cloud.md',
    'docs/sources/sentry.md',
    'docs/sources/opsgenie.md',
    'docs/sources/cloudevents.md',
    'docs/sources/generic.md',
    'docs/evidence/changes.md',
    'docs/evidence/guard.md',
    'docs/evidence/kubernetes.md',
    'packs/README.md',
    'README.md',
  ]) {
    const own = blocksOf(pageAt(page), 'yaml').filter((block) =>
      Object.keys(fileOf(block)).every((key) => settings.includes(key)),
    );
    it(`is told by ${page} in YAML that loads`, async () => {
      assert.ok(own.length > 0);
      for (const block of own) {
        const loaded = await load(fileOf(block));
        const written = [valueAt(fileOf(block), ['metrics'])].flat();
        assert.deepEqual(
          loaded.metrics.map(({ type }) => type),
          written.map((source) => valueAt(source, ['type'])),
          block,
        );
      }
    });
  }

  it('names every setting, and none besides', () => {
    const named = [...REFERENCE.matchAll(/FAULTLINE__\w+$/gm)].map(([name]) => name);
    assert.deepEqual([...new Set(named)].sort(), [...placesOf(ROOT).keys()].sort());
  });

  describe('tells of each setting what the schema says', () => {
    const LINE =
      /^[ -]*(?<key>\w+): ?(?<value>.*?) ?# (?<type>[^;]+); (?:(?<mark>[^;]+); )?(?<variable>FAULTLINE__\w+)$/;
    const places = placesOf(ROOT);
    for (const block of blocksOf(REFERENCE, 'yaml')) {
      const file = fileOf(block);
      const lines = block.split('\n').filter((line) => line.includes('# ') && !line.trim().startsWith('#'));
      for (const line of lines) {
        const { key = '', type, mark, variable = '' } = LINE.exec(line)?.groups ?? {};
        it(line.trim(), async () => {
          const place = places.get(variable);
          assert.ok(place, `${variable} is the variable of no setting`);
          assert.equal(place.at(-1), key);
          const rest = without(file, place);
          assert.equal(type, wordsFor(nodesAt(ROOT, rest, place), key));

          const shown = valueAt(file, place);
          const text = typeof shown === 'string' ? shown : JSON.stringify(shown);
          const whole = await load(file);
          assert.deepEqual(
            await load(rest, { ...variablesIn(file), [variable]: text }),
            whole,
            'by the variable',
          );

          if (mark === 'required') {
            await assert.rejects(load(rest), ConfigError);
            return;
          }
          const value: unknown = valueAt(await load(rest), place);
          if (mark === undefined) assert.deepEqual(value, valueAt(whole, place), 'the default');
          else if (mark === 'unset') assert.equal(value, undefined);
          else assert.equal(mark, `default ${JSON.stringify(value)}`);
        });
      }
    }
  });

  it('shows changes that a source of changes takes', async () => {
    const [example = ''] = blocksOf(PAGE, 'json');
    const file = path.join(directory, 'changes.json');
    await writeFile(file, example);
    const { changes, gaps } = await readChangeSource(
      { type: 'file', name: 'deploys', file },
      { from: 0, to: Infinity, alertTime: 0 },
      { signal: new AbortController().signal },
    );
    assert.deepEqual(gaps, []);
    assert.equal(changes[0]?.service, 'payment');
  });
});
