import { jsonBytes } from '../../model/bytes.js';
import type { Diagnosis, Suspect } from '../../model/diagnosis.js';
import { shownBy, strongestReasons } from '../../report/facts.js';

/** Of an excerpt in UTF-8 JSON: a workflow keeps one, and its history every one. */
const MOST_EXCERPT_BYTES = 24 * 1024;
/** Suspects of an excerpt. */
const MOST_SUSPECTS = 5;
/** Names and short texts of each kind. */
const MOST_ITEMS = 10;

/**
 * What the Temporal UI, the list of incidents and the decisions of the workflow need of a diagnosis: the verdict, the
 * leading suspects, the evidence and symptoms that the first lines name, and what to do next. It is a diagnosis as
 * well, only shorter; the whole one is a document in the store.
 */
export function excerptOf(diagnosis: Diagnosis): Diagnosis {
  const named = namedParts(diagnosis);
  const excerpt: Diagnosis = {
    ...diagnosis,
    suspects: diagnosis.suspects.slice(0, MOST_SUSPECTS).map((suspect) => shortSuspect(suspect, named)),
    ranking: diagnosis.ranking.slice(0, MOST_ITEMS),
    propagation: diagnosis.propagation.slice(0, MOST_ITEMS),
    symptoms: named.symptoms,
    blastRadius: diagnosis.blastRadius.slice(0, 3 * MOST_ITEMS),
    ruledOut: diagnosis.ruledOut.slice(0, MOST_ITEMS),
    gaps: [],
  };
  delete excerpt.map;
  delete excerpt.slices;
  delete excerpt.runbooks;
  if (jsonBytes(excerpt) <= MOST_EXCERPT_BYTES) return excerpt;
  return {
    ...excerpt,
    suspects: excerpt.suspects.map((suspect) => ({ ...suspect, evidence: [] })),
    ...{ ranking: [], propagation: [], symptoms: [], ruledOut: [], nextActions: [] },
    blastRadius: excerpt.blastRadius.slice(0, MOST_ITEMS),
  };
}

type Named = ReturnType<typeof namedParts>;

/** What the first lines about a diagnosis are made of: they are the same of the excerpt and of the whole. */
function namedParts(diagnosis: Diagnosis) {
  const { symptom, suspect, cause } = shownBy(diagnosis);
  const shown = [symptom?.series.id, cause?.series.id];
  const deed = suspect?.evidence.filter(
    ({ stance, series }) => stance === 'for' && series?.id === cause?.series.id,
  );
  return {
    suspect,
    evidence: [...strongestReasons({ suspect }), ...(deed ?? [])],
    symptoms: diagnosis.symptoms.filter(({ series }) => shown.includes(series.id)),
  };
}

function shortSuspect(suspect: Suspect, named: Named): Suspect {
  if (suspect !== named.suspect) return { ...suspect, evidence: [] };
  return { ...suspect, evidence: suspect.evidence.filter((one) => named.evidence.includes(one)) };
}
