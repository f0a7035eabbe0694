/** @jsxRuntime automatic @jsxImportSource preact */
import type { VNode } from 'preact';
import type { Diagnosis } from '../../model/diagnosis.js';
import { oneLine, shortName } from '../escape.js';
import { faultTypeWords, ownerOf, type Facts, type Shown } from '../facts.js';
import { beforeAfter, factor, wholePercent } from '../../model/wording.js';
import { clock, duration, offset } from '../format.js';
import { causeIntroduction, changeWords } from '../headline.js';
import { radiusWords } from '../status.js';
import { withArrows } from './inline.js';

interface Scene {
  role: string;
  kind: 'cause' | 'failure' | 'impact';
  title: string;
  lines: string[];
  /** When it began, unix seconds; null when that is not known. */
  time: number | null;
}

/** Cause, first failure and impact, with the time between them. Null without a diagnosis. */
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
            {index > 0 && <Lag words={lagWords(scenes[index - 1]!.time, scene.time)} />}
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

/** An arrow where the next scene came later; without one where the order of the onsets is not known. */
function Lag({ words }: { words: string | null }): VNode {
  return <p class={words === null ? 'lag unordered' : 'lag'}>{words ?? 'order of onsets unclear'}</p>;
}

function scenesOf(facts: Facts): Scene[] {
  if (!facts.diagnosis) return [];
  return [causeScene(facts), failureScene(facts), impactScene(facts)].filter((scene) => scene !== null);
}

/** The change, if one is named, else what the suspect shows. */
function causeScene(facts: Facts): Scene {
  const { diagnosis, change, suspect, cause } = facts;
  const { service, confidence } = diagnosis!.verdict;
  const scene = { role: causeIntroduction(facts), kind: 'cause' } as const;
  if (service === null) {
    return { ...scene, title: 'Not found', lines: [oneLine(diagnosis!.verdict.reason, 200)], time: null };
  }
  return {
    ...scene,
    title: `${shortName(service, 40)} (${wholePercent(confidence)})`,
    lines: [
      ...(change ? [changeWords(change)] : cause ? [moved(cause)] : []),
      ...(suspect ? [faultTypeWords(suspect)] : []),
    ],
    time: change?.time ?? cause?.movement.onset.time ?? null,
  };
}

/**
 * What failed first because of the cause: what the suspect shows after its change, or, where it shows nothing itself,
 * the first symptom of the affected services. What is older than the cause, or of a service that is not affected,
 * does not follow from it and is no part of the story.
 */
function failureScene({ diagnosis, change, cause, symptom }: Facts): Scene | null {
  const shown = cause ? (change ? cause : null) : firstAffected(diagnosis!, change?.time ?? -Infinity);
  if (!shown || shown.series.id === symptom?.series.id) return null;
  return {
    role: 'First failure',
    kind: 'failure',
    title: whose(shown),
    lines: [moved(shown)],
    time: shown.movement.onset.time,
  };
}

function firstAffected({ symptoms, blastRadius }: Diagnosis, from: number): Shown | null {
  const following = symptoms.filter(
    ({ series, movement }) =>
      (series.worse === 'either' || series.worse === movement.direction) &&
      blastRadius.includes(ownerOf(series.subject)) &&
      movement.onset.time >= from,
  );
  return following.sort((a, b) => a.movement.onset.time - b.movement.onset.time)[0] ?? null;
}

function impactScene({ diagnosis, service, symptom, record }: Facts): Scene {
  const reach = diagnosis!.blastRadius;
  return {
    role: 'Impact',
    kind: 'impact',
    title: shortName(service, 40),
    lines: [
      symptom ? moved(symptom) : 'No metric of its own deviates',
      `Affected: ${radiusWords(reach)}`,
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

/** How much later the next scene began; null where that is not known, or it seems to have begun earlier. */
function lagWords(before: number | null, after: number | null): string | null {
  if (before === null || after === null) return null;
  const lag = Math.round(after - before);
  if (lag < 0) return null;
  return lag === 0 ? 'at the same time' : `${duration(lag)} later`;
}
