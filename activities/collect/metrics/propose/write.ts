import { stringify } from 'yaml';
import type { Draft } from './join.js';
import type { ProposedSignal } from './signals.js';

/** What a proposed pack read when it was tried. */
export interface Trial {
  /** By signal the services of which it is read. */
  read: { signal: string; services: string[] }[];
  calls: string[];
  /** Values of one service as people read them: `payment: latency p95 93 ms, requests 12 req/s`. */
  example: string | null;
}

/** A comment's line as long as ours are. */
const MAX_COMMENT = 118;

/** The pack as YAML, the reasons for it in comments. */
export function packText(draft: Draft, trial: Trial | null): string {
  const comments = [
    `Confidence: ${draft.confidence}`,
    ...draft.reasons,
    ...draft.doubts.map((doubt) => `Doubt: ${doubt}`),
    ...(trial ? trialLines(trial) : []),
  ];
  return `${comments.flatMap(commentLines).join('\n')}\n${stringify(packOf(draft), { lineWidth: 0 })}`;
}

function trialLines({ read, calls, example }: Trial): string[] {
  const told = read.map(
    ({ signal, services }) => `${signal} of ${services.length} (${services.slice(0, 5).join(', ')})`,
  );
  return [
    `Read now: ${[...told, ...(calls.length > 0 ? [`calls: ${calls.slice(0, 5).join(', ')}`] : [])].join('; ')}`,
    ...(example === null ? [] : [`Now ${example}`]),
  ];
}

/** Comments are one line each; what a source wrote into labels ends none. */
function commentLines(text: string): string[] {
  const lines: string[] = [];
  let line = '#';
  // eslint-disable-next-line no-control-regex -- control characters of labels stay out of the file
  for (const word of text.replace(/[\u0000-\u001f\u007f-\u009f\u2028\u2029]+/g, ' ').split(' ')) {
    if (line.length + word.length >= MAX_COMMENT && line !== '#') {
      lines.push(line);
      line = '#  ';
    }
    line += ` ${word}`;
  }
  return [...lines, line];
}

function packOf(draft: Draft): object {
  const { name, metrics, detect, serviceLabel, requests, calls, signals } = draft;
  return {
    name,
    about: `Proposed by faultline discover from ${metrics.join(', ')}`,
    detect: { all: [detect] },
    ...(serviceLabel !== null && { labels: { service: [serviceLabel] } }),
    ...(requests.length > 0 && { requests }),
    ...(calls.length > 0 && { calls }),
    ...(signals.length > 0 && { signals: signals.map(signalOf) }),
  };
}

function signalOf({ isServed, ...signal }: ProposedSignal): object {
  return {
    ...signal,
    of: 'service',
    perspective: isServed ? 'server' : 'self',
    family: isServed ? 'golden' : 'resources',
  };
}
