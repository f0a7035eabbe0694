import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';

/*
 * An estate is what one kind of monitoring writes of the same three services: genuine label sets, as templates.
 * test/estates/README.md explains the form.
 */

/** Who calls whom: each waits for the next. */
export const CHAIN = ['frontend', 'orders', 'payment'] as const;
export const CULPRIT = 'payment';

/** Whose series a line stands for: a service's, a call's, or one series in all. */
type Role = 'served' | 'called' | 'each' | 'once';
const ROLES: readonly string[] = ['served', 'called', 'each', 'once'] satisfies Role[];

/** Which of the requests it counts. */
export type Outcome = 'ok' | 'failed' | 'all';

export interface SeriesTemplate {
  role: Role;
  /** What its values follow: `histogram`, `counter`, `constant` ... */
  kind: string;
  /** Unit or number behind the kind's colon. */
  argument: string;
  outcome: Outcome;
  metric: string;
  labels: string;
}

export interface Estate {
  name: string;
  about: string;
  /** Names that a diagnosis should find. */
  services: string[];
  /** Services of which nothing but the calls to or from them is measured. */
  unmeasured: string[];
  /** `a>b`, as a diagnosis should find them. */
  calls: string[];
  /** What is told of its services: latency, errors, traffic. */
  reads: string[];
  /** Ids of series that must be there beside what `reads` says. */
  seriesIds: string[];
  alert: string;
  culprit: string;
  series: SeriesTemplate[];
}

const FOLDER = new URL('../../test/estates/', import.meta.url);

/** The estates of test/estates, or those of these names. */
export async function readEstates(names: readonly string[] = []): Promise<Estate[]> {
  const files = (await readdir(FOLDER)).filter((file) => file.endsWith('.txt')).sort();
  const known = files.map((file) => file.slice(0, -'.txt'.length));
  const unknown = names.filter((name) => !known.includes(name));
  if (unknown.length > 0)
    throw new Error(`there is no estate ${unknown.join(', ')}; there are ${known.join(', ')}`);
  const wanted = names.length > 0 ? names : known;
  return Promise.all(
    wanted.map(async (name) =>
      parseEstate(name, await readFile(fileURLToPath(new URL(`${name}.txt`, FOLDER)), 'utf8')),
    ),
  );
}

/** @throws an Error that names the line that cannot be read */
export function parseEstate(name: string, text: string): Estate {
  const lines = text.split('\n').filter((line) => line !== '');
  const told = new Map(
    lines
      .filter((line) => line.startsWith('! '))
      .map((line) => line.slice(2).split(' '))
      .map(([key = '', ...values]) => [key, values]),
  );
  const [pattern = '$service'] = told.get('service') ?? [];
  const named = (service: string): string => pattern.replace('$service', service);
  const calls = told.get('calls') ?? [];
  return {
    name,
    about: lines[0]!.replace(/^# /, ''),
    services: told.get('services') ?? CHAIN.map(named),
    unmeasured: (told.get('unmeasured') ?? []).map(named),
    calls: calls[0] === 'none' ? [] : calls.map((call) => call.split('>').map(named).join('>')),
    reads: told.get('reads') ?? [],
    seriesIds: told.get('series') ?? [],
    alert: told.get('alert')?.[0] ?? named(CHAIN[0]),
    culprit: told.get('culprit')?.[0] ?? named(CULPRIT),
    series: lines.filter((line) => !/^[#!]/.test(line)).map((line) => seriesTemplate(name, line)),
  };
}

function seriesTemplate(name: string, line: string): SeriesTemplate {
  const match = /^(\w+) +([\w-]+)(?::(\S+))? +(ok|failed|all) +([\w:]+)\{(.*)\}$/.exec(line);
  if (!match || !ROLES.includes(match[1]!)) throw new Error(`${name}.txt: cannot read the line: ${line}`);
  const [, role, kind, argument = '', outcome, metric, labels] = match;
  return {
    role: role as Role,
    kind: kind!,
    argument,
    outcome: outcome as Outcome,
    metric: metric!,
    labels: labels!,
  };
}
