import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import axios from 'axios';
import Fastify from 'fastify';

/** Answers of a server to GET requests, by path and query. */
export type Answers = Record<string, unknown>;

interface AnsweringServer {
  url: string;
  /** Every path and query that was asked, in order. */
  asked: string[];
  close(): Promise<void>;
}

/** Answers as it was recorded; 404 to what was not. */
export async function playAnswers(file: URL): Promise<AnsweringServer> {
  const answers = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as Answers;
  const app = Fastify();
  const asked: string[] = [];
  app.get('/*', (request, reply) => {
    asked.push(request.url);
    const answer = answers[request.url];
    return answer === undefined ? reply.code(404).send({ error: 'not recorded' }) : reply.send(answer);
  });
  return { url: await app.listen({ host: '127.0.0.1', port: 0 }), asked, close: () => app.close() };
}

/** Hands requests on to a server and keeps its answers. */
export async function recordAnswers(server: string): Promise<AnsweringServer & { save(file: URL): void }> {
  const answers: Answers = {};
  const app = Fastify();
  const asked: string[] = [];
  app.get('/*', async (request, reply) => {
    asked.push(request.url);
    const { status, data } = await axios.get<unknown>(server + request.url, { validateStatus: null });
    if (status === 200) answers[request.url] = data;
    return reply.code(status).send(data);
  });
  return {
    url: await app.listen({ host: '127.0.0.1', port: 0 }),
    asked,
    close: () => app.close(),
    save: (file) => writeFileSync(file, gzipSync(JSON.stringify(answers), { level: 9 })),
  };
}
