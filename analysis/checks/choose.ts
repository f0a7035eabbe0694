import { chanceOfFailure, type Candidate, type Hypothesis } from './reliability.js';

/** What the checks of one investigation may take. */
export interface CheckBudget {
  /** How many run. */
  most: number;
  /** Sum of the seconds that they may take. */
  seconds: number;
}

/** A check that tells less than this share of what the first one tells is not worth the asking. */
const LEAST_SHARE = 0.02;
/** Nats that are nothing but rounding: where the cause is certain, no check tells anything. */
const LEAST_GAIN = 1e-9;
/** Combinations of outcomes that are less likely than this are no longer told apart. */
const LEAST_LIKELY = 5e-3;

/** How likely one combination of outcomes is together with each hypothesis, the last one being none of them. */
type Joint = readonly number[];

/**
 * The checks whose outcomes tell most of which hypothesis is true, the most telling first: each next one is that with
 * the greatest expected information gain given those before it (greedy, which comes within 63 % of the best choice:
 * Krause and Guestrin, UAI 2005). One that no longer fits into the budget is passed over for others that do.
 */
export function chooseChecks<C extends Candidate>(
  candidates: readonly C[],
  hypotheses: readonly Hypothesis[],
  budget: CheckBudget,
): C[] {
  const rest = Math.max(0, 1 - hypotheses.reduce((sum, { belief }) => sum + belief, 0));
  const prior: Joint = [...hypotheses.map(({ belief }) => belief), rest];
  const causes = [...hypotheses, null];
  const open = new Set(candidates);
  // Checks that look for the same tell the same.
  const questions = new Map<string, Question>();
  const questionOf = (check: Candidate): Question => {
    const key = JSON.stringify([check.service, check.tells, check.isGeneral, check.by]);
    const known = questions.get(key);
    if (known !== undefined) return known;
    const question = { chances: causes.map((cause) => chanceOfFailure(check, cause)), gain: 0 };
    questions.set(key, question);
    return question;
  };
  let joints: Joint[] = [prior];
  const chosen: C[] = [];
  let { seconds } = budget;
  let least = 0;
  for (const check of candidates) questionOf(check);
  while (chosen.length < budget.most) {
    for (const question of questions.values()) question.gain = gainOf(question.chances, prior, joints);
    const [best] = [...open]
      .filter((check) => check.seconds <= seconds)
      .sort((a, b) => questionOf(b).gain - questionOf(a).gain);
    if (best === undefined) break;
    const { chances, gain } = questionOf(best);
    if (gain <= least || gain < LEAST_GAIN) break;
    least = Math.max(least, LEAST_SHARE * gain);
    chosen.push(best);
    open.delete(best);
    seconds -= best.seconds;
    joints = joints.flatMap((joint) => split(joint, chances));
  }
  return chosen;
}

/** What checks that look for the same ask: how likely each cause makes a failure, and what the answer would tell. */
interface Question {
  chances: number[];
  gain: number;
}

/** Mutual information of a check's outcome and the cause, given the outcomes so far; in nats. */
function gainOf(chances: readonly number[], prior: Joint, joints: readonly Joint[]): number {
  let gain = 0;
  for (const joint of joints) {
    const mass = sum(joint);
    let fails = 0;
    for (let i = 0; i < joint.length; i++) fails += joint[i]! * chances[i]!;
    if (mass > 0) gain += mass * entropy(fails / mass);
  }
  // What chance alone makes of the outcome: the outcomes so far do not change how likely each cause is on the whole.
  return gain - prior.reduce((total, belief, i) => total + belief * entropy(chances[i]!), 0);
}

/** What was one combination of outcomes is two with one more check; it stays one where that makes them too unlikely. */
function split(joint: Joint, chances: readonly number[]): Joint[] {
  const failed = joint.map((weight, i) => weight * chances[i]!);
  const passed = joint.map((weight, i) => weight * (1 - chances[i]!));
  return sum(failed) < LEAST_LIKELY || sum(passed) < LEAST_LIKELY ? [joint] : [failed, passed];
}

function entropy(chance: number): number {
  const term = (p: number): number => (p > 0 ? -p * Math.log(p) : 0);
  return term(chance) + term(1 - chance);
}

const sum = (numbers: Joint): number => numbers.reduce((total, value) => total + value, 0);
