import type { Diagnosis } from '../model/diagnosis.js';
import { oneLine, shortName } from './escape.js';
import { withoutStop } from './missing.js';

/** What was ruled out and why, in cleaned texts: by the analysis, and the suspects that it dropped. */
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
        const why = heaviest ? oneLine(heaviest.statement, 400) : 'the evidence favours other services';
        return { what: shortName(service, 60), why: withoutStop(why) };
      }),
  ];
}
