import { fastify } from 'fastify';

/** What a generic webhook sink received. */
export interface Post {
  headers: Record<string, string | string[] | undefined>;
  body: { id: string; type: string; data: unknown };
}

/** A webhook receiver that keeps what it gets and answers as it is told. */
export interface TestSink {
  url: string;
  posts: Post[];
  close(): Promise<void>;
}

export async function startSink(): Promise<TestSink> {
  const posts: Post[] = [];
  const app = fastify({ forceCloseConnections: true, bodyLimit: 16 * 1024 * 1024 });
  app.addContentTypeParser(/^application\/.*json/, { parseAs: 'string' }, (_request, body, done) => {
    done(null, JSON.parse(String(body)));
  });
  app.post('/', (request, reply) => {
    posts.push({ headers: request.headers, body: request.body as Post['body'] });
    return reply.code(202).send();
  });
  const url = await app.listen({ host: '127.0.0.1', port: 0 });
  return { url: `${url}/`, posts, close: () => app.close() };
}
