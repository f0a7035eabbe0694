import type { Gap } from '../../../model/gap.js';
import { SLICE_LABELS, sliceDimension, type SliceDimension } from '../../../model/slices.js';
import { gapOf } from '../gaps.js';
import { queryFor, subjectLabel } from '../metrics/packs/binding.js';
import { Counted } from '../metrics/packs/requests.js';
import { NotRecorded } from '../metrics/source/errors.js';
import { askEach, partFor } from '../metrics/source/parts.js';
import { packsInUse, type Around } from '../scope/topology.js';
import { MOST_VALUES } from './collect-slices.js';
import { seriesOf } from './queries.js';

/** By what the requests of a service can be told apart. */
export interface SurveyedSlices {
  dimension: SliceDimension;
  label: string;
  /** How many slices there are now, from two on. */
  values: number;
}

/**
 * Finds for every service, by the raw name that its label holds, by which labels its requests could be told apart; of
 * each dimension the best one. One query for each dimension of each metric; one that is not answered is a gap.
 */
export async function surveySlices(
  around: Around,
): Promise<{ slices: Map<string, SurveyedSlices[]>; gaps: Gap[] }> {
  const gaps: Gap[] = [];
  const questions = packsInUse(around.packs, around.bindings).flatMap(({ pack, binding }) =>
    pack.slices.flatMap((spec) =>
      sliceDimension.options.map((dimension) => ({ pack, binding, spec, dimension })),
    ),
  );
  const answers = await askEach(
    questions,
    ({ binding }) => binding,
    async ({ pack, binding, spec, dimension }) => {
      const counted = new Counted(spec);
      const counts = SLICE_LABELS[dimension].map((label) => {
        const series = seriesOf(counted, pack, [`${label}!=""`]);
        const values = `count by (${counted.by}) (count by (${counted.by}, ${label}) (${series}))`;
        return `label_replace(${values}, "label", "${label}", "", "")`;
      });
      const { label, select } = spec;
      const query = queryFor({ query: counts.join(' or '), label, select }, pack, binding, [], around.spans);
      const part = partFor(around.source, binding);
      try {
        const { series } = await part.instant(query, around.time, around.limits);
        return series.map(({ labels, values }) => ({
          raw: labels[subjectLabel({ query, label, select }, binding)] ?? '',
          found: { dimension, label: labels['label'] ?? '', values: values[0] ?? 0 },
        }));
      } catch (error) {
        if (!(error instanceof NotRecorded)) {
          const what = `labels that tell the ${dimension} of requests (${pack.name})`;
          gaps.push(gapOf(error, around.limits, part.name, what));
        }
        return [];
      }
    },
  );
  const slices = new Map<string, SurveyedSlices[]>();
  for (const answer of answers) {
    const ordered = answer.sort((a, b) => rankOf(a.found) - rankOf(b.found));
    for (const { raw, found } of ordered) {
      const known = slices.get(raw) ?? slices.set(raw, []).get(raw)!;
      const isTold = found.values >= 2 && found.values <= MOST_VALUES;
      if (isTold && !known.some(({ dimension }) => dimension === found.dimension)) known.push(found);
    }
  }
  return { slices, gaps };
}

function rankOf({ dimension, label }: SurveyedSlices): number {
  return SLICE_LABELS[dimension].indexOf(label);
}
