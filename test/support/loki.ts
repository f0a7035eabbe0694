import Fastify from 'fastify';

/** A stream of a stub: its labels, and its lines with their time in seconds. */
export interface LokiStream {
  labels: Record<string, string>;
  lines: { time: number; text: string }[];
}

export interface StubLoki {
  url: string;
  asked: { path: string; params: URLSearchParams; tenant: string | undefined }[];
  close(): Promise<void>;
}

/**
 * A stand-in for Loki, which is not run in tests: it answers labels, series, and the two kinds of range queries that
 * the product sends, in the format of Loki's published HTTP API (3.x). It takes what the API documents, such as at most
 * `limit` lines in all, and with `interval` at most one in so many seconds of each stream.
 */
export async function startLoki(given: LokiStream[]): Promise<StubLoki> {
  const streams = given.map(({ labels, lines }) => ({
    labels,
    lines: [...lines].sort((a, b) => a.time - b.time),
  }));
  const app = Fastify({ forceCloseConnections: true });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) => {
    done(null, body);
  });
  const stub: StubLoki = { url: '', asked: [], close: () => app.close() };
  app.all('/*', (request, reply) => {
    const [path = '', search = ''] = request.url.split('?');
    const params = new URLSearchParams(typeof request.body === 'string' ? request.body : search);
    const tenant = request.headers['x-scope-orgid'];
    stub.asked.push({ path, params, tenant: typeof tenant === 'string' ? tenant : undefined });
    const data = answerTo(path, params, streams);
    return data === undefined
      ? reply.code(400).type('text/plain').send('parse error : unexpected query')
      : reply.send({ status: 'success', data });
  });
  stub.url = await app.listen({ host: '127.0.0.1', port: 0 });
  return stub;
}

function answerTo(path: string, params: URLSearchParams, streams: LokiStream[]): unknown {
  const [from, until] = ['start', 'end'].map((name) => Number(params.get(name)!) / 1e9) as [number, number];
  if (path === '/loki/api/v1/labels') {
    return [...new Set(streams.flatMap(({ labels }) => Object.keys(labels)))].sort();
  }
  if (path === '/loki/api/v1/series') {
    const matchers = params.getAll('match[]').map((one) => selected(one)!);
    return streams.map(({ labels }) => labels).filter((labels) => matchers.some((fits) => fits(labels)));
  }
  const query = params.get('query') ?? '';
  const everybody = /^sum by \([\w, ]+\) \((.*)\)$/su.exec(query);
  if (everybody) return countsOf(everybody[1]!, until, streams);
  const counted = /^sum\(count_over_time\((.*) \[(\d+)s\]\)\)$/su.exec(query);
  const chosen = linesOf(counted ? counted[1]! : query, streams);
  if (chosen === null) return undefined;
  if (counted) return matrixOf(chosen, from, until, Number(counted[2]));
  return {
    resultType: 'streams',
    result: cut(chosen, from, until, params).map(({ labels, lines }) => ({
      stream: labels,
      values: lines.map(({ time, text }) => [`${Math.round(time * 1000)}000000`, text]),
    })),
    stats: {},
  };
}

/** `count_over_time({...}[900s]) or ...` at a moment, for each stream; all their labels are in `by`. */
function countsOf(query: string, until: number, streams: LokiStream[]): unknown {
  const parts = query.split(' or ').map((part) => /^count_over_time\((\{.*\})\[(\d+)s\]\)$/su.exec(part)!);
  const seconds = Number(parts[0]![2]);
  const fits = parts.map((part) => selected(part[1]!)!);
  const chosen = streams.filter(({ labels }) => fits.some((one) => one(labels)));
  return {
    resultType: 'matrix',
    result: chosen.map(({ labels, lines }) => {
      const count = lines.filter(({ time }) => time > until - seconds && time <= until).length;
      return { metric: labels, values: [[until, String(count)]] };
    }),
    stats: {},
  };
}

/** `{label=~"re", other="value"}` as a test of labels; Loki anchors the expressions of its matchers. */
function selected(text: string): ((labels: Record<string, string>) => boolean) | null {
  const inside = /^\{(.*)\}$/su.exec(text.trim())?.[1];
  if (inside === undefined) return null;
  const matchers = [...inside.matchAll(/(\w+)(=~|=)("(?:[^"\\]|\\.)*")/gsu)].map(([, label, how, value]) => {
    const plain = JSON.parse(value!) as string;
    const fits = new RegExp(`^(?:${plain.replace('(?i)', '')})$`, plain.includes('(?i)') ? 'iu' : 'u');
    return (labels: Record<string, string>): boolean =>
      how === '=' ? labels[label!] === plain : fits.test(labels[label!] ?? '');
  });
  return (labels) => matchers.every((fits) => fits(labels));
}

function linesOf(query: string, streams: LokiStream[]): LokiStream[] | null {
  const parts = /^(\{.*\}) (\|~|!~) ("(?:[^"\\]|\\.)*")$/su.exec(query);
  const fits = parts && selected(parts[1]!);
  if (!fits) return null;
  const words = new RegExp((JSON.parse(parts[3]!) as string).replace('(?i)', ''), 'iu');
  return streams
    .filter(({ labels }) => fits(labels))
    .map(({ labels, lines }) => ({
      labels,
      lines: lines.filter(({ text }) => words.test(text) === (parts[2] === '|~')),
    }));
}

function matrixOf(chosen: LokiStream[], from: number, until: number, step: number): unknown {
  const counts = new Map<number, number>();
  for (const { time } of chosen.flatMap(({ lines }) => lines)) {
    // The first moment of the grid that the line is not after.
    const at = Math.ceil((time - from) / step);
    if (at >= 0 && from + at * step <= until) counts.set(at, (counts.get(at) ?? 0) + 1);
  }
  const values = [...counts]
    .sort(([a], [b]) => a - b)
    .map(([at, count]): [number, string] => [from + at * step, String(count)]);
  return { resultType: 'matrix', result: values.length === 0 ? [] : [{ metric: {}, values }], stats: {} };
}

function cut(chosen: LokiStream[], from: number, until: number, params: URLSearchParams): LokiStream[] {
  const interval = Number(/^([\d.]+)s$/u.exec(params.get('interval') ?? '')?.[1] ?? 0);
  let left = Number(params.get('limit') ?? 100);
  const spread = chosen.map(({ labels, lines }) => {
    let next = -Infinity;
    const kept = lines.filter(({ time }) => {
      if (time < from || time >= until || time < next) return false;
      next = time + interval;
      return true;
    });
    return { labels, lines: kept };
  });
  // Of all streams together the first ones.
  const last =
    spread.flatMap(({ lines }) => lines.map(({ time }) => time)).sort((a, b) => a - b)[left - 1] ?? Infinity;
  return spread.map(({ labels, lines }) => ({
    labels,
    lines: lines.filter(({ time }) => time <= last && left-- > 0),
  }));
}
