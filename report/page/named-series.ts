import type { Diagnosis, Movement } from '../../model/diagnosis.js';
import type { IncidentRecord } from '../../model/incident.js';
import type { SeriesMeta } from '../../model/series.js';
import { shortName } from '../escape.js';
import { factsOf, ownerOf } from '../facts.js';

/** A series that the record speaks of, and what for. */
export interface NamedSeries {
  meta: SeriesMeta;
  /** Its deviation, as analysed; null where the series is only the source of an observation. */
  movement: Movement | null;
  /** The service or host that it is about: the heading under which it is plotted. */
  owner: string;
  /** `affected signal`, `evidence for payment`, `symptom`: why it is shown, most important first. */
  roles: string[];
}

/** More plots make the page large and are not read. */
export const MOST_PLOTS = 40;

/**
 * The series that symptoms and evidence name, each once: the affected signal, the evidence about the suspects by their rank,
 * then the other symptoms. At most `MOST_PLOTS`; `leftOut` counts the others.
 */
export function namedSeries(record: IncidentRecord): { named: NamedSeries[]; leftOut: number } {
  const { diagnosis, symptom } = factsOf(record);
  if (!diagnosis) return { named: [], leftOut: 0 };
  const known = new Map<string, NamedSeries>();
  const add = (meta: SeriesMeta, movement: Movement | null, role: string) => {
    const before = known.get(meta.id);
    if (!before) {
      known.set(meta.id, { meta, movement, owner: ownerOf(meta.subject), roles: [role] });
      return;
    }
    before.movement ??= movement;
    if (!before.roles.includes(role)) before.roles.push(role);
  };
  if (symptom) add(symptom.series, symptom.movement, 'affected signal');
  for (const { service, stance, series, movement } of observations(diagnosis)) {
    if (series) add(series, movement, `evidence ${stance} ${shortName(service, 40)}`);
  }
  for (const { series, movement } of diagnosis.symptoms) add(series, movement, 'symptom');
  const all = [...known.values()];
  return { named: all.slice(0, MOST_PLOTS), leftOut: Math.max(0, all.length - MOST_PLOTS) };
}

/** Evidence by the rank of its suspect, the heaviest first. */
function observations({ suspects }: Diagnosis) {
  return suspects.flatMap(({ service, evidence }) =>
    [...evidence].sort((a, b) => b.weight - a.weight).map((one) => ({ ...one, service })),
  );
}
