/** @jsxRuntime automatic @jsxImportSource preact */
import type { VNode } from 'preact';
import { oneLine, shortName } from '../escape.js';
import { FAULT_WORDS, LEVEL_WORDS, ownerOf, type Facts, type Shown } from '../facts.js';
import { beforeAfter, clock, confidence, duration, factor, offset } from '../format.js';
import { causeIntroduction, changeWords } from '../headline.js';
import { radiusWords } from '../standing.js';
import { withArrows } from './inline.js';

interface Scene {
  role: string;
  kind: 'cause' | 'failure' | 'impact';
  title: string;
  lines: string[];
  /** When it began, unix seconds; null when that is not known. */
  time: number | null;
}

/** Cause, first failure and impact, with the time between them. Null where there is nothing to tell. */
export function Story({ facts }: { facts: Facts }): VNode | null {
  const scenes = scenesOf(facts);
  if (scenes.length < 2) return null;
  return (
    <section aria-labelledby="story" class="story">
      <h2 id="story" class="unseen">
        The story
      </h2>
      <ol>
        {scenes.map((scene, index) => (
          <li key={scene.kind} class={scene.kind}>
            {index > 0 && <p class="lag">{lagWords(scenes[index - 1]!.time, scene.time)}</p>}
            <div class="scene">
              <p class="role">{scene.role}</p>
              <p class="what">{scene.title}</p>
              {scene.lines.map((line) => (
                <p key={line}>{withArrows(line)}</p>
              ))}
              {scene.time !== null && (
                <p class="when">
                  {clock(scene.time)} UTC ({offset(scene.time, facts.zero)})
                </p>
              )}
            </div>
          </li>
        ))}
      </ol>
    </section>
  );
}

function scenesOf(facts: Facts): Scene[] {
  const { diagnosis } = facts;
  if (!diagnosis) return [];
  return [causeScene(facts), failureScene(facts), impactScene(facts)].filter((scene) => scene !== null);
}

function causeScene(facts: Facts): Scene | null {
  const { diagnosis, change, suspect, cause } = facts;
  const { service, faultKind, level, confidence: sure } = diagnosis!.verdict;
  const role = causeIntroduction(facts);
  if (service === null) {
    return {
      role,
      kind: 'cause',
      title: 'Not found',
      lines: [oneLine(diagnosis!.verdict.reason, 200)],
      time: null,
    };
  }
  const began = change?.time ?? suspect?.onset?.time ?? cause?.movement.onset.time ?? null;
  return {
    role,
    kind: 'cause',
    title: `${shortName(service, 40)}: ${FAULT_WORDS[faultKind]}`,
    lines: [
      ...(change ? [changeWords(change)] : []),
      `${LEVEL_WORDS[level]}, confidence ${confidence(sure)}`,
    ],
    time: began,
  };
}

/** What went wrong first, as far as it is seen. */
function failureScene({ diagnosis, cause, symptom }: Facts): Scene | null {
  const worse = diagnosis!.symptoms.filter(
    ({ series, movement }) => series.worse === 'either' || series.worse === movement.direction,
  );
  const [first] = [...worse].sort((a, b) => a.movement.onset.time - b.movement.onset.time);
  const shown: Shown | null = earlier(cause, first ?? null);
  if (!shown || shown.series.id === symptom?.series.id) return null;
  return {
    role: 'First failure seen',
    kind: 'failure',
    title: whose(shown),
    lines: [moved(shown)],
    time: shown.movement.onset.time,
  };
}

/** What the cause itself did goes before what others did at the same time. */
function earlier(cause: Shown | null, other: Shown | null): Shown | null {
  if (!cause || !other) return cause ?? other;
  return other.movement.onset.time < cause.movement.onset.time ? other : cause;
}

function impactScene({ diagnosis, service, symptom, record }: Facts): Scene {
  const reach = diagnosis!.blastRadius;
  return {
    role: 'Impact',
    kind: 'impact',
    title: shortName(service, 40),
    lines: [
      symptom ? moved(symptom) : 'No measurement of its own moved',
      `Symptoms: ${radiusWords(reach)}`,
      `Severity ${record.severity}`,
    ],
    time: symptom?.movement.onset.time ?? null,
  };
}

function whose({ series }: Shown): string {
  const { subject } = series;
  if (subject.kind !== 'edge') return shortName(ownerOf(subject), 40);
  return `${shortName(subject.caller, 30)} → ${shortName(subject.callee, 30)}`;
}

function moved({ series, movement: { before, after, unit } }: Shown): string {
  const change = factor(before, after);
  return `${oneLine(series.name, 40)} ${beforeAfter(before, after, unit)}${change === '' ? '' : ` (${change})`}`;
}

function lagWords(before: number | null, after: number | null): string {
  if (before === null || after === null) return 'then';
  const lag = Math.round(after - before);
  if (lag === 0) return 'at the same time';
  return lag > 0 ? `${duration(lag)} later` : `seen ${duration(-lag)} earlier`;
}
