import { readConfig, type ConfigParts, type LoadOptions } from './load.js';
import { redact } from './redact.js';
import { configSchema, type Config } from './schema.js';
import { nodesAt, pathText, schemaNode, valueAt, type Path } from './schema-walk.js';

/** One setting as it holds. */
export interface EffectiveSetting {
  /** `sinks[0].url`. */
  setting: string;
  /** Secrets are `***`. */
  value: string | number | boolean | null | [] | Record<string, never>;
  /** `faultline.yml:3`, `FAULTLINE__LOG__LEVEL`, `faultline.yml:4 and ${TOKEN}`, or `default`. */
  from: string;
}

const MASK = '***';

/** Every setting that holds, in the order of the schema, with its origin. @throws ConfigError */
export async function effectiveSettings(options: LoadOptions): Promise<EffectiveSetting[]> {
  const parts = await readConfig(options);
  const { config, secrets } = parts.loaded;
  const root = schemaNode(configSchema);
  const whole = asWritten(config, parts.given);
  return leavesOf(whole).map(({ path, value }) => {
    const isSecret = nodesAt(root, whole, path).some((node) => node.secret);
    const shown = typeof value === 'string' ? redact(value, secrets) : value;
    return { setting: pathText(path), value: isSecret ? MASK : shown, from: originOf(path, parts) };
  });
}

/** A single source of metrics is shown as it is written, not as a list of one. */
function asWritten(config: Config, given: unknown): unknown {
  return Array.isArray(valueAt(given, ['metrics'])) ? config : { ...config, metrics: config.metrics[0] };
}

function originOf(path: Path, { written, given, overrides, lineOf, shownFile }: ConfigParts): string {
  // The last variable that covers a setting won.
  const covering = overrides.findLast((one) => one.path.every((key, index) => key === path[index]));
  if (covering) return covering.variable;
  if (valueAt(given, path) === undefined) return 'default';
  const line = lineOf(path);
  const place = `${shownFile ?? 'configuration'}${line === null ? '' : `:${line}`}`;
  const text = valueAt(written, path);
  const variables = typeof text === 'string' ? [...text.matchAll(/(?<!\$)\$\{\w+/g)] : [];
  return [place, ...variables.map(([start]) => `${start}}`)].join(' and ');
}

function leavesOf(value: unknown, path: Path = []): { path: Path; value: EffectiveSetting['value'] }[] {
  if (Array.isArray(value) && value.length > 0)
    return value.flatMap((child, index) => leavesOf(child, [...path, index]));
  if (Array.isArray(value)) return [{ path, value: [] }];
  if (typeof value === 'object' && value !== null) {
    const entries = Object.entries(value).filter(([, child]) => child !== undefined);
    return entries.length === 0 && path.length > 0
      ? [{ path, value: {} }]
      : entries.flatMap(([key, child]) => leavesOf(child, [...path, key]));
  }
  return [{ path, value: value as string | number | boolean | null }];
}
