import type { Diagnosis } from '../model/diagnosis.js';
import type { IncidentRecord } from '../model/incident.js';
import { oneLine, shortName } from './escape.js';

/** Something that was not looked at, or only in part. Texts are cleaned, without a full stop. */
export interface Unseen {
  what: string;
  /** Who did not answer; null for a check, which names its own reason. */
  source: string | null;
  reason: string;
}

/**
 * Everything that could not be looked at, each thing once: what the sources did not answer, and checks that could
 * not run. Whoever counts or lists what is missing takes it from here, so that they agree.
 */
export function unseenOf({ gaps, diagnosis, checks }: IncidentRecord): Unseen[] {
  const known = new Set<string>();
  const distinct = [...gaps, ...(diagnosis?.gaps ?? [])].filter(({ source, what }) => {
    const key = `${source}\n${what}`;
    const isNew = !known.has(key);
    known.add(key);
    return isNew;
  });
  return [
    ...distinct.map(({ source, what, reason }) => ({
      what: oneLine(what, 200),
      source: oneLine(source, 60),
      reason: withoutStop(oneLine(reason, 400)),
    })),
    ...checks
      .filter(({ outcome }) => outcome === 'could-not-run')
      .map(({ check, service, statement }) => ({
        what: `check ${oneLine(check, 60)} of ${shortName(service, 60)}`,
        source: null,
        reason: withoutStop(oneLine(statement, 400)),
      })),
  ];
}

/** What it is not and why, in cleaned texts: what the analysis ruled out, and the suspects that it dropped. */
export function ruledOutOf({ ruledOut, suspects }: Diagnosis): { what: string; why: string }[] {
  const said = new Set(ruledOut.map(({ what }) => what));
  return [
    ...ruledOut.map(({ what, why }) => ({ what: oneLine(what, 120), why: withoutStop(oneLine(why, 400)) })),
    ...suspects
      .filter(({ status, service }) => status === 'ruled-out' && !said.has(service))
      .map(({ service, evidence }) => {
        const [heaviest] = evidence
          .filter(({ stance }) => stance === 'against')
          .sort((a, b) => b.weight - a.weight);
        const why = heaviest ? oneLine(heaviest.statement, 400) : 'the evidence speaks for others';
        return { what: shortName(service, 60), why: withoutStop(why) };
      }),
  ];
}

function withoutStop(sentence: string): string {
  return sentence.replace(/\.$/, '');
}
