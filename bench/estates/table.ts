import type { Examined } from './examine.js';

/** One estate, as it is printed: what was found of what is there. */
export interface Row {
  estate: string;
  about: string;
  services: string;
  latency: string;
  errors: string;
  traffic: string;
  calls: string;
  /** What the diagnosis says first. */
  diagnosis: string;
  isRight: boolean;
}

export function rowOf({ estate, services, signals, calls, diagnosis }: Examined): Row {
  const { verdict, suspects } = diagnosis;
  const first = suspects.find(({ status }) => status !== 'ruled-out')?.service ?? null;
  const measured = estate.services.filter((service) => !estate.unmeasured.includes(service));
  const signal = (name: 'latency' | 'errors' | 'traffic'): string =>
    estate.reads.includes(name) ? `${common(signals[name], measured)} of ${measured.length}` : 'not told';
  return {
    estate: estate.name,
    about: estate.about,
    services: `${common(services, estate.services)} of ${estate.services.length}`,
    latency: signal('latency'),
    errors: signal('errors'),
    traffic: signal('traffic'),
    calls:
      estate.calls.length === 0 ? 'not told' : `${common(calls, estate.calls)} of ${estate.calls.length}`,
    diagnosis: first === null ? 'no suspect' : `${first}, ${verdict.level}`,
    isRight: first === estate.culprit,
  };
}

function common(found: readonly string[], expected: readonly string[]): number {
  return expected.filter((one) => found.includes(one)).length;
}

/** The rows as a table in Markdown. */
export function tableOf(rows: readonly Row[]): string {
  const head = '| estate | services | latency | errors | traffic | calls | first suspect | right |';
  const lines = rows.map(
    ({ estate, services, latency, errors, traffic, calls, diagnosis, isRight }) =>
      `| ${[estate, services, latency, errors, traffic, calls, diagnosis, isRight ? 'yes' : 'no'].join(' | ')} |`,
  );
  return [head, '|---|---|---|---|---|---|---|---|', ...lines].join('\n');
}
