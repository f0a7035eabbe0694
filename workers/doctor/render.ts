import { EXIT, type ExitCode } from '../../client/cli/exit-codes.js';
import { plain, type Colors } from '../../client/cli/output.js';
import { count } from '../../model/wording.js';
import { AREAS, type Finding, type FindingStatus } from './finding.js';

const MARKS: Record<FindingStatus, string> = { ok: 'ok     ', warning: 'warning', failed: 'failed ' };

/** The findings for people: one line each under its area, the remedy below it where there is one. */
export function renderFindings(findings: readonly Finding[], colors: Colors): string {
  const paint = { ok: colors.green, warning: colors.yellow, failed: colors.red };
  const lines: string[] = [];
  for (const area of AREAS) {
    const here = findings.filter((finding) => finding.area === area);
    if (here.length > 0) lines.push(colors.bold(area));
    for (const { status, subject, seen, remedy } of here) {
      lines.push(`  ${paint[status](MARKS[status])}  ${plain(subject)}: ${plain(seen)}`);
      if (remedy !== null) lines.push(`           -> ${plain(remedy)}`);
    }
  }
  return [...lines, '', conclusion(findings), ''].join('\n');
}

function conclusion(findings: readonly Finding[]): string {
  const number = (status: FindingStatus): number => findings.filter((it) => it.status === status).length;
  const [failures, warnings] = [number('failed'), number('warning')];
  const also = warnings > 0 ? `, ${count(warnings, 'warning')}` : '';
  return failures > 0 ? `Not ready: ${failures} failed${also}.` : `Ready${also}.`;
}

/**
 * What `faultline doctor` ends with: 0 when nothing failed, 2 when the configuration did, 4 when Temporal did, 1 for
 * anything else. `strict` takes a warning for a failure.
 */
export function exitCodeFor(findings: readonly Finding[], { strict = false } = {}): ExitCode {
  const bad = findings.filter(({ status }) => status === 'failed' || (strict && status === 'warning'));
  if (bad.length === 0) return EXIT.ok;
  if (bad.some(({ area }) => area === 'configuration')) return EXIT.usage;
  return bad.some(({ area }) => area === 'temporal') ? EXIT.temporalUnavailable : EXIT.failure;
}
