import Fastify, { type FastifyReply, type FastifyRequest } from 'fastify';
import type { PrometheusSourceConfig } from '../../config/metrics.js';

export interface StubRequest {
  method: string;
  path: string;
  /** Of the address; of a GET it is also `form`. */
  query: URLSearchParams;
  /** As it came. */
  body: string;
  headers: FastifyRequest['headers'];
  /** Form body or query string. */
  form: URLSearchParams;
}

export interface StubPrometheus {
  url: string;
  requests: StubRequest[];
  /** Decides on the next answers. */
  answer: (reply: FastifyReply, request: StubRequest) => unknown;
  close: () => Promise<void>;
}

/** A server that takes the requests of a metrics source and answers as a test tells it to. */
export async function startStubPrometheus(): Promise<StubPrometheus> {
  const app = Fastify({ forceCloseConnections: true });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) => {
    done(null, body);
  });
  const stub: StubPrometheus = {
    url: '',
    requests: [],
    answer: (reply) => reply.send({ status: 'success', data: { resultType: 'vector', result: [] } }),
    close: () => app.close(),
  };
  app.all('/*', (request, reply) => {
    const [path = '', search = ''] = request.url.split('?');
    const query = new URLSearchParams(search);
    const body = typeof request.body === 'string' ? request.body : '';
    const form = body === '' ? query : new URLSearchParams(body);
    const seen = { method: request.method, path, query, body, headers: request.headers, form };
    stub.requests.push(seen);
    return stub.answer(reply, seen);
  });
  stub.url = await app.listen({ host: '127.0.0.1', port: 0 });
  return stub;
}

export function sourceConfig(
  url: string,
  more: Partial<PrometheusSourceConfig> = {},
): PrometheusSourceConfig {
  return {
    type: 'prometheus',
    name: 'prom',
    url,
    auth: { type: 'none' },
    tls: {},
    headers: {},
    covers: { clusters: [], environments: [], namespaces: [], services: [] },
    timeoutSeconds: 5,
    maxConcurrentQueries: 8,
    ...more,
  };
}
