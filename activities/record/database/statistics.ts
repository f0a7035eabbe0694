import { sql, type ExpressionBuilder, type RawBuilder } from 'kysely';
import type { FeedbackGrade } from '../../../model/incident.js';
import type { PastFilters } from '../../../model/past-incident.js';
import type { Accuracy, Durations, Statistics } from '../../../model/statistics.js';
import type { RecordDb, RecordTables } from './schema.js';

/** Lists of the most frequent. */
const MOST = 10;

type Where = RawBuilder<boolean>;

/** Counts the incidents of the record. */
export async function readStatistics(db: RecordDb, request: PastFilters): Promise<Statistics> {
  const where = conditionOf(request);
  const [counts, accuracies, causes, alerts, services] = [
    await countAll(db, where),
    await readAccuracy(db, where),
    await readCauses(db, where),
    await readAlerts(db, where),
    await readServices(db, where),
  ];
  return {
    ...{ since: request.since, until: request.until },
    ...counts,
    accuracy: accuracies,
    ...{ causes, alerts, services },
  };
}

/** The incidents that are counted, as a condition on `incidents`. */
export function conditionOf({ since, until, environment, service }: PastFilters): Where {
  const parts = [
    sql`opened_at >= ${new Date(since * 1000)} and opened_at < ${new Date(until * 1000)}`,
    ...(environment === undefined ? [] : [sql`environment = ${environment}`]),
    ...(service === undefined ? [] : [sql`(service = ${service} or ${cause} = ${service})`]),
  ];
  return sql<boolean>`${sql.join(parts, sql` and `)}`;
}

/** The cause as far as it is known: what a person found, else what the diagnosis at least suspects. */
const cause = sql<string | null>`
  coalesce(true_service, case when level <> 'inconclusive' then cause_service end)`;
const faultType = sql<string | null>`
  coalesce(true_kind, case when level <> 'inconclusive' then fault_kind end)`;

type Count = string | number | bigint;

async function countAll(db: RecordDb, where: Where): Promise<Pick<Statistics, 'incidents' | 'times'>> {
  const row = await db
    .selectFrom('incidents')
    .select((eb) => [
      eb.fn.countAll<Count>().as('all'),
      countIf(eb, sql`ended_at is null`).as('open'),
      countIf(eb, sql`level = 'confirmed'`).as('confirmed'),
      countIf(eb, sql`level = 'suspected'`).as('suspected'),
      countIf(eb, sql`level = 'inconclusive'`).as('inconclusive'),
      countIf(eb, sql`level is null`).as('none'),
      durationsOf(sql`opened_at - began_at`).as('detect'),
      durationsOf(sql`first_result_at - opened_at`).as('diagnose'),
      durationsOf(sql`acknowledged_at - opened_at`).as('acknowledge'),
      // What was cancelled, merged or never ended was not resolved.
      durationsOf(sql`case when state = 'resolved' then ended_at - began_at end`).as('resolve'),
    ])
    .where(where)
    .executeTakeFirstOrThrow();
  const { confirmed, suspected, inconclusive, none } = row;
  const levels = { confirmed, suspected, inconclusive, none };
  const { detect, diagnose, acknowledge, resolve } = row;
  return {
    incidents: {
      all: Number(row.all),
      open: Number(row.open),
      levels: Object.fromEntries(
        Object.entries(levels).map(([level, count]) => [level, Number(count)]),
      ) as Statistics['incidents']['levels'],
    },
    times: { detect, diagnose, acknowledge, resolve },
  };
}

function countIf(eb: ExpressionBuilder<RecordTables, 'incidents'>, condition: RawBuilder<unknown>) {
  return eb.fn.countAll<Count>().filterWhere(sql<boolean>`${condition}`);
}

/** How long an interval is over all rows that have one, in seconds. */
function durationsOf(interval: RawBuilder<unknown>): RawBuilder<Durations> {
  const seconds = sql`extract(epoch from ${interval})::float8`;
  return sql<Durations>`json_build_object(
    'count', count(${interval}),
    'median', percentile_cont(0.5) within group (order by ${seconds}),
    'p90', percentile_cont(0.9) within group (order by ${seconds}),
    'mean', avg(${seconds}))`;
}

/** How many of a group have each grade. */
interface Graded {
  of: string | null;
  grade: FeedbackGrade;
  count: Count;
}

async function readAccuracy(db: RecordDb, where: Where): Promise<Statistics['accuracy']> {
  const by = (group: RawBuilder<string | null>): Promise<Graded[]> =>
    db
      .selectFrom('incidents')
      .select((eb) => [
        group.as('of'),
        eb.ref('grade').$notNull().as('grade'),
        eb.fn.countAll<Count>().as('count'),
      ])
      .where(where)
      .where('grade', 'is not', null)
      .groupBy([sql`1`, 'grade'])
      .execute();
  const [all] = accuracyOf(await by(sql<string>`'all'`));
  return {
    all: all ?? noneJudged('all'),
    byConfidence: inOrder(accuracyOf(await by(BAND))),
    byCause: mostJudged(accuracyOf(await by(sql`cause_service`))),
    byFaultType: mostJudged(accuracyOf(await by(sql`fault_kind`))),
    byRules: inOrder(accuracyOf(await by(sql`rules_version`))),
  };
}

/** Tens of percent, so that one sees whether 80 % is 80 %. */
const TENTH = sql`least(floor(confidence * 10), 9)::int`;
const BAND = sql<string>`${TENTH} * 10 || ' % to ' || (${TENTH} + 1) * 10 || ' %'`;

function accuracyOf(rows: Graded[]): Accuracy[] {
  const groups = new Map<string, Accuracy>();
  for (const { of, grade, count } of rows) {
    if (of === null) continue;
    const group = groups.get(of) ?? noneJudged(of);
    group.grades[grade] += Number(count);
    group.judged += Number(count);
    groups.set(of, group);
  }
  return [...groups.values()].map((group) => ({
    ...group,
    right: group.grades.right / group.judged,
    interval: wilson(group.grades.right, group.judged),
  }));
}

const noneJudged = (of: string): Accuracy => ({
  of,
  judged: 0,
  grades: { right: 0, 'right-area': 0, wrong: 0, misleading: 0 },
  right: null,
  interval: null,
});

const inOrder = (groups: Accuracy[]): Accuracy[] =>
  [...groups].sort((a, b) => a.of.localeCompare(b.of, 'en', { numeric: true }));

const mostJudged = (groups: Accuracy[]): Accuracy[] =>
  inOrder(groups)
    .sort((a, b) => b.judged - a.judged)
    .slice(0, MOST);

/** The score interval of a share at 95 % (Wilson, J. Am. Stat. Assoc. 22, 1927), which also holds for few cases. */
export function wilson(hits: number, trials: number): [number, number] {
  const z = 1.96;
  const share = hits / trials;
  const scale = 1 + z ** 2 / trials;
  const middle = (share + z ** 2 / (2 * trials)) / scale;
  const reach = (z / scale) * Math.sqrt((share * (1 - share)) / trials + z ** 2 / (4 * trials ** 2));
  return [Math.max(0, middle - reach), Math.min(1, middle + reach)];
}

async function readCauses(db: RecordDb, where: Where): Promise<Statistics['causes']> {
  const rows = await db
    .selectFrom('incidents')
    .select((eb) => [cause.as('service'), faultType.as('faultKind'), eb.fn.countAll<Count>().as('count')])
    .where(where)
    .where(sql<boolean>`${cause} is not null`)
    .groupBy([sql`1`, sql`2`])
    .orderBy(sql`3`, 'desc')
    .orderBy(sql`1`)
    .limit(MOST)
    .execute();
  return rows.map(({ service, faultKind, count }) => ({
    service: service ?? '',
    faultKind: faultKind ?? 'unknown',
    incidents: Number(count),
  }));
}

async function readAlerts(db: RecordDb, where: Where): Promise<Statistics['alerts']> {
  const rows = await db
    .with('chosen', (chosen) => chosen.selectFrom('incidents').selectAll().where(where))
    .selectFrom('alerts')
    .innerJoin('chosen', 'chosen.id', 'alerts.incident')
    .select([
      'alerts.name',
      sql<Count>`count(distinct chosen.id)`.as('incidents'),
      incidentsWhere(sql`chosen.level is null or chosen.level = 'inconclusive'`).as('withoutCause'),
      incidentsWhere(sql`chosen.ended_at is not null and chosen.acknowledged_at is null`).as('unattended'),
    ])
    .groupBy('alerts.name')
    .orderBy('incidents', 'desc')
    .orderBy('alerts.name')
    .limit(MOST)
    .execute();
  return rows.map(({ name, incidents, withoutCause, unattended }) => ({
    name,
    incidents: Number(incidents),
    withoutCause: Number(withoutCause),
    unattended: Number(unattended),
  }));
}

function incidentsWhere(condition: RawBuilder<unknown>): RawBuilder<Count> {
  return sql<Count>`count(distinct chosen.id) filter (where ${condition})`;
}

async function readServices(db: RecordDb, where: Where): Promise<Statistics['services']> {
  const rows = await db
    .selectFrom('incidents')
    .select((eb) => ['service', eb.fn.countAll<Count>().as('count')])
    .where(where)
    .groupBy('service')
    .orderBy('count', 'desc')
    .orderBy('service')
    .limit(MOST)
    .execute();
  return rows.map(({ service, count }) => ({ service, incidents: Number(count) }));
}
