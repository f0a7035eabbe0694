import { groups } from 'd3-array';
import pMap from 'p-map';
import type { Gap } from '../../../../model/gap.js';
import { quantity } from '../../../../model/wording.js';
import { CONCURRENCY } from '../../deps.js';
import { gapOf, merged } from '../../gaps.js';
import { surveyEstate, type Survey, type SurveyDeps, type SurveyedSignal } from '../../scope/survey.js';
import { byBelief, parsePack } from '../packs/load.js';
import type { Pack } from '../packs/schema.js';
import type { AskOptions } from '../source/source.js';
import { unknownFamilies } from './inventory.js';
import { draftsOf, type Draft } from './join.js';
import { lookAt } from './look.js';
import { isLeftOut, recognise, type LeftOut, type Recognised } from './recognise.js';
import { packText, type Trial } from './write.js';

/** Metrics that are looked at, at up to seven small questions each: a person waits for the answer. */
const MAX_LOOKED_AT = 200;

export interface Proposal {
  name: string;
  metrics: string[];
  confidence: Draft['confidence'];
  reasons: string[];
  doubts: string[];
  read: Trial['read'];
  calls: string[];
  example: string | null;
  /** The pack's document, with its reasons in comments. */
  yaml: string;
}

export interface Proposals {
  proposals: Proposal[];
  /** Metrics that looked like something, and why they are not offered. */
  leftOut: LeftOut[];
  /** How many metrics have names that no pack reads and that suggest something; and how many of them were looked at. */
  unknown: number;
  lookedAt: number;
  gaps: Gap[];
}

/**
 * Proposes packs for metrics that no pack knows: recording rules and house-made metrics, recognised by their shape,
 * names and labels. Each is tried together with the packs in use, and offered only when it adds something. Nothing is
 * used: a person reads the file and keeps it.
 *
 * @throws SourceError when the source as a whole does not answer
 */
export async function proposePacks(
  deps: SurveyDeps,
  now: number,
  asking: AskOptions = {},
): Promise<Proposals> {
  const { source, packs } = deps;
  const limits = { ...asking, signal: asking.signal ?? new AbortController().signal, canRetry: () => true };
  const window = { start: now - deps.config.diagnosis.baselineSeconds, end: now };
  const names = await source.metricNames(['.+'], { ...limits, window });
  const types = (await source.metricTypes?.(limits)) ?? new Map<string, string>();
  const families = unknownFamilies(names, types, packs);

  const gaps: Gap[] = [];
  const recognised = await pMap(
    families.slice(0, MAX_LOOKED_AT),
    async (family) => {
      try {
        const sight = await lookAt(family, { source, time: now, limits });
        return sight ? recognise(sight) : [];
      } catch (error) {
        gaps.push(gapOf(error, limits, source.name, `the metric ${family.name}`));
        return [];
      }
    },
    { concurrency: CONCURRENCY },
  );
  const found = recognised.flat();
  const { drafts, leftOut } = draftsOf(found.filter((one): one is Recognised => !isLeftOut(one)));
  const tried = await tryDrafts(drafts, deps, now, asking);
  return {
    proposals: tried.proposals,
    leftOut: [...found.filter(isLeftOut), ...leftOut, ...tried.leftOut].sort((a, b) =>
      a.metric < b.metric ? -1 : 1,
    ),
    unknown: families.length,
    lookedAt: Math.min(families.length, MAX_LOOKED_AT),
    gaps: merged([...gaps, ...tried.gaps]),
  };
}

/** Reads the estate with all drafts beside the packs in use, and keeps those that add something. */
async function tryDrafts(
  drafts: readonly Draft[],
  deps: SurveyDeps,
  now: number,
  asking: AskOptions,
): Promise<{ proposals: Proposal[]; leftOut: LeftOut[]; gaps: Gap[] }> {
  if (drafts.length === 0) return { proposals: [], leftOut: [], gaps: [] };
  const proposed = drafts.flatMap((draft) => parsePack(packText(draft, null), draft.name));
  const packs = byBelief([...deps.packs, ...proposed]);
  const { use } = deps.config.packs;
  const config = {
    ...deps.config,
    packs: { ...deps.config.packs, use: use === 'auto' ? use : [...use, ...drafts.map(({ name }) => name)] },
  };
  const survey = await surveyEstate({ ...deps, packs, config }, now, asking);
  const proposals: Proposal[] = [];
  const leftOut: LeftOut[] = [];
  for (const draft of drafts) {
    const pack = proposed.find(({ name }) => name === draft.name)!;
    const trial = await trialOf(draft.name, pack, survey, deps, now, asking);
    if (trial.read.length + trial.calls.length === 0) {
      const why = 'it adds nothing to what packs in use, or surer proposals, read of these services';
      leftOut.push(...draft.metrics.map((metric) => ({ metric, why })));
      continue;
    }
    const { name, metrics, confidence, reasons, doubts } = draft;
    proposals.push({ name, metrics, confidence, reasons, doubts, ...trial, yaml: packText(draft, trial) });
  }
  return { proposals, leftOut, gaps: survey.gaps };
}

async function trialOf(
  name: string,
  pack: Pack,
  { services, calls }: Survey,
  deps: SurveyDeps,
  now: number,
  asking: AskOptions,
): Promise<Trial> {
  const read = services.flatMap((service) =>
    service.signals
      .filter((signal) => signal.pack === name)
      .map((signal) => ({ service: service.name, signal })),
  );
  const own = calls.filter(({ learntFrom }) => learntFrom.source === `pack ${name}`);
  const first = read[0]?.service;
  const ofFirst = read.filter(({ service }) => service === first).map(({ signal }) => signal);
  return {
    read: groups(read, ({ signal }) => signal.signal).map(([signal, those]) => ({
      signal,
      services: [...new Set(those.map(({ service }) => service))],
    })),
    calls: own.map(({ caller, callee }) => `${caller} -> ${callee}`),
    example: first === undefined ? null : await exampleOf(first, ofFirst, pack, deps, now, asking),
  };
}

/** What the pack reads of one service now, for whoever knows what is usual there. */
async function exampleOf(
  service: string,
  signals: readonly SurveyedSignal[],
  pack: Pack,
  { source }: SurveyDeps,
  now: number,
  asking: AskOptions,
): Promise<string> {
  const values = await pMap(
    signals,
    async ({ name, query }) => {
      const value = (await source.instant(query, now, asking)).series[0]?.values[0] ?? NaN;
      return `${name} ${quantity(value, pack.signals.find((one) => one.name === name)!.unit)}`;
    },
    { concurrency: CONCURRENCY },
  );
  return `${service}: ${values.join(', ')}`;
}
