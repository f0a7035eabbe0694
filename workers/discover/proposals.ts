import type { Proposals } from '../../activities/collect/metrics/propose/propose.js';
import { plain } from '../../client/cli/output.js';
import { count } from '../../model/wording.js';

/** Metrics that are named with the reason why they are not offered: more are counted. */
const MAX_LEFT_OUT = 40;

/** The file of the proposed packs, with the reasons in comments. Without any it is comments alone. */
export function packFileOf(proposed: Proposals): string {
  const { proposals } = proposed;
  const head = [
    'Metric packs that faultline discover --propose made of metrics that no pack knows.',
    'They are guesses with reasons: read each, correct or delete it, then name this file under packs.files.',
  ];
  const packs = proposals.map(({ yaml }) => yaml.trimEnd());
  const body = proposals.length === 0 ? ['# Nothing to propose.'] : [packs.join('\n---\n')];
  return `${[...head.map((line) => `# ${line}`), '', ...body, '', ...leftOutLines(proposed)].join('\n').trimEnd()}\n`;
}

/** What was written, for people. */
export function summaryOf(proposed: Proposals, file: string): string {
  const { proposals } = proposed;
  if (proposals.length === 0) return packFileOf(proposed).trimEnd();
  return [
    `${count(proposals.length, 'metric pack')} in ${plain(file)}`,
    ...proposals.map(
      ({ name, confidence, read, calls }) =>
        `  ${plain(name)} (confidence ${confidence}): ${[
          ...read.map(({ signal, services }) => `${signal} of ${count(services.length, 'service')}`),
          ...(calls.length > 0 ? [count(calls.length, 'call')] : []),
        ].join(', ')}`,
    ),
    '',
    'Read it, correct or delete what is wrong, then name it in the configuration:',
    '  packs:',
    `    files: [${plain(file)}]`,
    'and run faultline doctor --only metrics.',
  ].join('\n');
}

function leftOutLines({ leftOut, unknown, lookedAt, gaps }: Proposals): string[] {
  const rest = leftOut.length - MAX_LEFT_OUT;
  return [
    ...(leftOut.length === 0 ? [] : ['# Not proposed:']),
    ...leftOut.slice(0, MAX_LEFT_OUT).map(({ metric, why }) => `#   ${plain(metric)}: ${plain(why)}`),
    ...(rest > 0 ? [`#   and ${rest} more (--json names them)`] : []),
    ...(lookedAt < unknown
      ? [`# ${unknown - lookedAt} more metrics were not looked at (limit ${lookedAt}).`]
      : []),
    ...gaps.map(({ what, reason }) => `# Not answered: ${plain(what)}: ${plain(reason)}`),
  ];
}
