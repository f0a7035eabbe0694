import { identify, type Identity } from '../../model/identity/identify.js';
import { readName } from '../../model/identity/names.js';
import { nameInCloudId } from '../../model/identity/cloud.js';
import { LIMITS, oneLine } from './bounds.js';
import type { ReadingSettings } from './source.js';

/** What an alert says of the service that it is about. */
interface Naming {
  /** The service where the source names it outright. */
  service: string | undefined;
  labels: Record<string, string>;
  /** The alert's own name. */
  name: string;
  expression: string | undefined;
}

export interface ServiceName {
  name: string;
  namespace: string | null;
  cluster: string | null;
  /** How the name was found, where that does not go without saying. */
  note: string | null;
}

/** The service that an alert is about. One that names none is kept under the best hint there is, and says so. */
export function serviceOf(
  { service, labels, name: alertName, expression }: Naming,
  { serviceLabels, aliases }: Pick<ReadingSettings, 'serviceLabels' | 'aliases'>,
): ServiceName {
  const found = identify(labels, { serviceLabels, expression });
  const outright = oneLine(service ?? '', LIMITS.name);
  const written = outright || found.written;
  const read = outright ? namedOutright(outright, found) : found;
  const alias = aliases.nameFor(written ?? '') ?? aliases.nameFor(read.name);
  const name = oneLine(alias ?? read.name, LIMITS.name) || oneLine(alertName, LIMITS.name) || 'unknown';
  return {
    name,
    namespace: read.namespace,
    cluster: found.cluster === null ? null : oneLine(found.cluster, LIMITS.name) || null,
    note:
      [
        outright ? null : noteOf(found, serviceLabels),
        alias !== null && alias !== written && aliasNote(written ?? '', alias),
      ]
        .filter(Boolean)
        .join('; ') || null,
  };
}

/** A label's value as a name; undefined when it is absent or blank. Never looks at what objects inherit. */
export function labelOf(labels: Record<string, string>, name: string): string | undefined {
  return Object.hasOwn(labels, name) ? oneLine(labels[name] ?? '', LIMITS.name) || undefined : undefined;
}

function namedOutright(text: string, { namespace }: Identity): { name: string; namespace: string | null } {
  const inCloud = nameInCloudId(text);
  if (inCloud !== null) return { name: inCloud, namespace: null };
  const read = readName(text);
  return { name: read.name, namespace: namespace ?? read.namespace };
}

function noteOf({ how, from, exporter }: Identity, serviceLabels: readonly string[]): string | null {
  const missing = `none of the labels ${serviceLabels.join(', ')} is there`;
  switch (how) {
    case 'named':
      return null;
    case 'object':
      return exporter
        ? `the label ${exporter.label} names the exporter ${exporter.value}, so the service is read off the label ${from ?? ''}`
        : `the service is read off the label ${from ?? ''}`;
    case 'exporter':
      return `no label says what ${exporter?.value ?? 'the exporter'} measured, so the alert is taken to be about it`;
    case 'hint':
      return `${missing}, so the service is taken from the label ${from ?? ''}`;
    case 'none':
      return `${missing}, so the service is the alert's name`;
  }
}

function aliasNote(written: string, alias: string): string {
  return `${written} is ${alias} (services.aliases)`;
}
