import { z } from 'zod';
import { count, listOf } from '../../../model/wording.js';
import { CannotCheck } from './guard.js';
import { getOnce, textOf } from './network.js';
import type { CheckOf, Probe, ProbeContext, Seen } from './probe.js';

/** Queues that are looked at, the fullest first. */
const MOST_QUEUES = 100;

const nodes = z.array(
  z.object({
    name: z.string(),
    running: z.boolean(),
    mem_alarm: z.boolean().default(false),
    disk_free_alarm: z.boolean().default(false),
    partitions: z.array(z.string()).default([]),
  }),
);
const queues = z.object({
  total_count: z.number(),
  items: z.array(
    z.object({
      name: z.string(),
      state: z.string().default('running'),
      messages: z.number().default(0),
      messages_ready: z.number().default(0),
      consumers: z.number().default(0),
    }),
  ),
});
type Queue = z.infer<typeof queues>['items'][number];

/** Looks at alarms of the nodes, the depth of queues and their consumers, by the management plugin. Reads only. */
export const rabbitmqProbe: Probe<'rabbitmq'> = async (check, context) => {
  const columns = 'name,state,messages,messages_ready,consumers';
  const list = `page=1&page_size=${MOST_QUEUES}&sort=messages&sort_reverse=true&columns=${columns}`;
  const [all, { items, total_count: total }] = await Promise.all([
    ask(check, context, 'nodes', nodes),
    ask(check, context, `queues/${encodeURIComponent(check.vhost)}?${list}`, queues),
  ]);
  return [alarms(all), depth(items, total, check.mostMessages), consumers(items)];
};

async function ask<T>(
  check: CheckOf<'rabbitmq'>,
  context: ProbeContext,
  path: string,
  answer: z.ZodType<T>,
): Promise<T> {
  const url = `${check.url.replace(/\/$/u, '')}/api/${path}`;
  const auth = { username: check.user, password: check.password ?? '' };
  const response = await getOnce(url, context, { auth });
  const what = `its management plugin answered ${response.status} to ${path.split('?')[0]!}`;
  if (response.status >= 400 && response.status < 500) throw new CannotCheck(what);
  if (response.status !== 200) throw new Error(what);
  let said: unknown;
  try {
    said = JSON.parse(await textOf(response.data, MOST_ANSWER_BYTES));
  } catch {
    throw new CannotCheck(`${what}, and no JSON`);
  }
  const parsed = answer.safeParse(said);
  if (!parsed.success) throw new CannotCheck(`${what}, and something else than RabbitMQ does`);
  return parsed.data;
}

/** A hundred queues with five columns are some 20 KiB; nodes come with all they have. */
const MOST_ANSWER_BYTES = 1024 * 1024;

/** A node with an alarm takes no message from anybody, and its clients wait. */
function alarms(all: z.infer<typeof nodes>): Seen {
  const trouble = all.flatMap(({ name, running, mem_alarm, disk_free_alarm, partitions }) => [
    ...(running ? [] : [`${name} does not run`]),
    ...(mem_alarm ? [`${name} is short of memory and blocks publishers`] : []),
    ...(disk_free_alarm ? [`${name} is short of disk and blocks publishers`] : []),
    ...(partitions.length > 0 ? [`${name} is cut off from ${partitions.join(', ')}`] : []),
  ]);
  const of = (has: (node: z.infer<typeof nodes>[number]) => boolean): boolean => all.some(has);
  const kind = of(({ mem_alarm }) => mem_alarm)
    ? 'memory'
    : of(({ disk_free_alarm }) => disk_free_alarm)
      ? 'disk'
      : of(({ partitions }) => partitions.length > 0)
        ? 'network'
        : 'dependency-down';
  return {
    aspect: 'alarms',
    failed: trouble.length > 0,
    statement: trouble.length > 0 ? listOf(trouble) : `${count(all.length, 'node')} without an alarm`,
    speaksFor: kind,
  };
}

function depth(items: Queue[], total: number, most: number): Seen {
  const [deepest] = [...items].sort((a, b) => b.messages - a.messages);
  if (deepest === undefined)
    return { aspect: 'depth', failed: false, statement: 'there is no queue', speaksFor: null };
  const { name, messages, consumers: taking } = deepest;
  const held = `${count(messages, 'message')} in ${name} (${count(taking, 'consumer')})`;
  return {
    aspect: 'depth',
    failed: messages >= most,
    statement: `${held}, the fullest of ${count(total, 'queue')}`,
    speaksFor: null,
  };
}

function consumers(items: Queue[]): Seen {
  const left = items.filter(({ messages_ready, consumers: taking }) => messages_ready > 0 && taking === 0);
  const down = items.filter(({ state }) => state === 'down' || state === 'stopped' || state === 'crashed');
  const words = [
    ...(down.length > 0 ? [`${listOf(down.map(({ name }) => name))}: not running`] : []),
    ...(left.length > 0 ? [`${listOf(left.map(({ name }) => name))}: messages and no consumer`] : []),
  ];
  return {
    aspect: 'consumers',
    failed: words.length > 0,
    statement: words.length > 0 ? words.join('; ') : 'every queue with messages has a consumer',
    speaksFor: 'dependency-down',
  };
}
