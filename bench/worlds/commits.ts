import type { Random } from './random.js';

/** A commit that was released to one service. `time` is when, in unix seconds. */
export interface Commit {
  sha: string;
  service: string;
  time: number;
  message: string;
  file: string;
  diff: string;
}

interface Text {
  message: string;
  file: string;
  diff: string[];
}

/**
 * What releases say that cause a fault: as their authors would have written them, without a word of what they break.
 */
const GUILTY: Record<string, Text[]> = {
  'slow-code': [
    {
      message: 'Load item details with the list',
      file: 'src/list.ts',
      diff: [
        '-  return items;',
        '+  for (const item of items) item.details = await db.query(DETAILS, item.id);',
      ],
    },
    {
      message: 'Normalise names before they are compared',
      file: 'src/match.ts',
      diff: [
        '-  return byName.get(name);',
        '+  return all.filter((one) => fold(one.name) === fold(name))[0];',
      ],
    },
  ],
  'code-bug': [
    {
      message: 'Read the discount from the new field',
      file: 'src/price.ts',
      diff: ['-  const rate = order.discount ?? 0;', '+  const rate = order.pricing.discount.rate;'],
    },
    {
      message: 'Reject requests without a region',
      file: 'src/handler.ts',
      diff: ["+  if (!request.region) throw new BadRequest('region');"],
    },
  ],
  'bad-config': [
    {
      message: 'Tune limits of the service',
      file: 'deploy/values.yaml',
      diff: ['-  workers: 16', '-  upstreamTimeout: 2s', '+  workers: 2', '+  upstreamTimeout: 20ms'],
    },
  ],
  'memory-leak': [
    {
      message: 'Remember responses per session',
      file: 'src/cache.ts',
      diff: ['+  cache.set(request.session, response); // no limit yet'],
    },
    {
      message: 'Keep subscriptions for reconnects',
      file: 'src/stream.ts',
      diff: ['-  client.on("close", () => subscribers.delete(client));', '+  subscribers.add(client);'],
    },
  ],
};

const INNOCENT: Text[] = [
  { message: 'Correct a typo in the readme', file: 'README.md', diff: ['-Adress', '+Address'] },
  {
    message: 'Word a log line better',
    file: 'src/log.ts',
    diff: ['-  log.info("done");', '+  log.info("request served");'],
  },
  { message: 'Rename a variable', file: 'src/format.ts', diff: ['-  const s = 0;', '+  const total = 0;'] },
  { message: 'Test the empty list', file: 'test/list.test.ts', diff: ['+  assert.deepEqual(list([]), []);'] },
  { message: 'Describe an endpoint', file: 'docs/api.md', diff: ['+Answers 404 when there is none.'] },
];

/** Draws a commit of that guilt (a fault type that somebody ships); an innocent one for null. */
export function commitFor(random: Random, service: string, guilt: string | null, time: number): Commit {
  const texts = guilt === null ? INNOCENT : GUILTY[guilt];
  if (texts === undefined) throw new RangeError(`nobody ships ${guilt}`);
  const { message, file, diff } = random.pick(texts);
  const sha = Array.from({ length: 40 }, () => random.whole(0, 15).toString(16)).join('');
  return { sha, service, time: Math.round(time), message, file, diff: `@@ ${file} @@\n${diff.join('\n')}` };
}
