import type { Anomaly } from '../model/anomaly.js';
import type { RaiseAnswer } from '../model/progress.js';
import type { CorrelateAnswer, CorrelateRequest, TriagePolicy } from '../model/triage.js';
import { episodeOf } from './alert-identity.js';
import { troublesOf, type TriageBoard } from './triage-board.js';
import { silenceOf } from './triage-silences.js';
import { asTrouble, gatherStrangers, settleTroubles, type StrangeTrouble } from './triage-strangers.js';

/** By what a round reaches the world; triage-mail.ts has that of the workflow. */
export interface Office {
  /** Unix seconds. */
  now(): number;
  open(incident: string, anomalies: Anomaly[]): Promise<void>;
  /** False when the incident had ended, so that it knows nothing of these. */
  add(incident: string, anomalies: Anomaly[]): Promise<boolean>;
  end(incident: string, anomalies: Anomaly[]): Promise<void>;
  /** Answers that nothing is known, and why, when who calls whom cannot be asked. */
  correlate(request: CorrelateRequest): Promise<CorrelateAnswer>;
}

/** Open incidents that new trouble is compared with: those that were heard of last. */
const MOST_INCIDENTS = 100;
/** Troubles of one request; of more at once the others stand alone. */
const MOST_TROUBLES = 2_000;

/** Until triage has asked for its policy, and in runs of version 0.1. */
export const PLAIN_POLICY: TriagePolicy = { settleSeconds: 0, joinBy: ['group', 'service'], silences: [] };

/**
 * Places anomalies in their order: each repeats, opens or joins an incident, ends in one, or is dropped with a reason.
 * News are placed before ends, so that a blip that came whole opens its incident first. Tells every incident once.
 */
export async function placeRound(
  board: TriageBoard,
  raised: readonly Anomaly[],
  policy: TriagePolicy,
  office: Office,
): Promise<{ opened: Set<string> }> {
  const dated = raised.map((anomaly) => board.dated(anomaly));
  const opened = new Set<string>();
  let news = findNews(
    board,
    dated.filter(({ status }) => status === 'firing'),
    policy,
    office,
  );
  while (news.length > 0) news = await placeNews(board, news, policy, office, opened);
  await placeEnds(
    board,
    dated.filter(({ status }) => status === 'resolved'),
    office,
  );
  return { opened };
}

/**
 * Where each anomaly of a request is now; nothing of those that were dropped. Ask in the order of the requests: the
 * first that an incident was opened for takes it off `opened`.
 */
export function answerFor(
  board: TriageBoard,
  anomalies: readonly Anomaly[],
  opened: Set<string>,
): RaiseAnswer {
  const incidents = anomalies.flatMap((anomaly) => {
    const workflowId = board.incidentOf(anomaly);
    if (workflowId === null) return [];
    return [{ fingerprint: anomaly.fingerprint, workflowId, joined: !opened.has(workflowId) }];
  });
  for (const { workflowId } of incidents) opened.delete(workflowId);
  return { incidents };
}

function findNews(
  board: TriageBoard,
  firing: readonly Anomaly[],
  { silences }: TriagePolicy,
  { now }: Office,
): Anomaly[] {
  const news = new Map<string, Anomaly>();
  for (const anomaly of firing) {
    const found = board.recognise(anomaly);
    if (found.kind === 'drop') board.drop(anomaly, found.reason, 'it was over before it was heard of', now());
    if (found.kind !== 'news') continue;
    const silence = silenceOf(anomaly, silences);
    if (silence) board.drop(anomaly, 'silenced', `silence ${silence.name}: ${silence.reason}`, now());
    else if (news.has(episodeOf(anomaly))) board.noteRepeat();
    else news.set(episodeOf(anomaly), anomaly);
  }
  return [...news.values()];
}

/** Gives news their incidents; answers those whose incident had ended meanwhile: they are news again. */
async function placeNews(
  board: TriageBoard,
  news: readonly Anomaly[],
  policy: TriagePolicy,
  office: Office,
  opened: Set<string>,
): Promise<Anomaly[]> {
  const mail = new Map<string, Anomaly[]>();
  const opening = new Set<string>();
  const join = (anomaly: Anomaly, incident: string): void => {
    board.join(anomaly, incident);
    post(mail, incident, anomaly);
  };

  const strangers: Anomaly[] = [];
  for (const anomaly of news) {
    const home = board.homeOf(anomaly, policy.joinBy);
    if (home) join({ ...anomaly, joined: home.why }, home.incident);
    else strangers.push(anomaly);
  }
  const troubles = gatherStrangers(strangers, policy.joinBy);
  const { homes, blind } = await homesOf(board, troubles, policy, office);
  for (const { incident, anomalies } of settleTroubles(troubles, homes)) {
    // While it was asked about, an incident may have told that it has ended.
    if (incident !== null && board.isOpen(incident)) {
      for (const anomaly of anomalies) join(anomaly, incident);
      continue;
    }
    const [first, ...others] = anomalies;
    if (!first) continue;
    const start = board.openFor(first);
    if (start.opened) opening.add(start.incident);
    const alone = blind === null ? withoutReason(first) : { ...first, joined: `stands alone: ${blind}` };
    post(mail, start.incident, alone);
    for (const anomaly of others) join(anomaly, start.incident);
  }

  const homeless = await Promise.all(
    [...mail].map(async ([incident, anomalies]) => {
      if (opening.has(incident)) await office.open(incident, anomalies);
      else if (!(await office.add(incident, anomalies))) return { incident, anomalies };
      return null;
    }),
  );
  for (const incident of opening) opened.add(incident);
  return homeless.flatMap((gone) => {
    if (!gone) return [];
    // It has ended since triage last heard of it, so these anomalies are news: they open another.
    board.close(gone.incident, office.now());
    for (const anomaly of gone.anomalies) board.forget(anomaly);
    return gone.anomalies;
  });
}

async function placeEnds(board: TriageBoard, resolved: readonly Anomaly[], office: Office): Promise<void> {
  const mail = new Map<string, Anomaly[]>();
  for (const anomaly of resolved) {
    const found = board.recognise(anomaly);
    if (found.kind === 'ends') post(mail, found.incident, anomaly);
    if (found.kind === 'drop')
      board.drop(anomaly, found.reason, 'no incident knows this alert', office.now());
  }
  await Promise.all([...mail].map(([incident, anomalies]) => office.end(incident, anomalies)));
}

/** Asks who calls whom, when that can change anything. */
async function homesOf(
  board: TriageBoard,
  troubles: readonly StrangeTrouble[],
  policy: TriagePolicy,
  office: Office,
): Promise<CorrelateAnswer> {
  const alone: CorrelateAnswer = { homes: troubles.map(() => null), blind: null };
  const isNoQuestion = troubles.length === 0 || troubles.length + board.open.length < 2;
  if (isNoQuestion || !policy.joinBy.includes('calls')) return alone;
  const asked = troubles.slice(0, MOST_TROUBLES).map(asTrouble);
  const incidents = board.open
    .slice(-MOST_INCIDENTS)
    .map((open) => ({ id: open.id, services: troublesOf(open) }));
  const { homes, blind } = await office.correlate({ at: office.now(), troubles: asked, incidents });
  return { homes: troubles.map((_, index) => homes[index] ?? null), blind };
}

/** What opens an incident has no reason to be in it, also if it had one to be in another that has ended. */
function withoutReason(anomaly: Anomaly): Anomaly {
  const plain = { ...anomaly };
  delete plain.joined;
  return plain;
}

function post(mail: Map<string, Anomaly[]>, incident: string, anomaly: Anomaly): void {
  const letters = mail.get(incident);
  if (letters) letters.push(anomaly);
  else mail.set(incident, [anomaly]);
}
