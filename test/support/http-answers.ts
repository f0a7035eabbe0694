import { readFileSync, writeFileSync } from 'node:fs';
import { gunzipSync, gzipSync } from 'node:zlib';
import axios from 'axios';
import Fastify, { type FastifyInstance } from 'fastify';

/** Answers of a server, by method, path and body. */
type Answers = Record<string, { type: string; body: string }>;

export interface AnsweringServer {
  url: string;
  /** Bytes of all answers, and of each request its method, path and body. */
  bytes: number;
  asked: string[];
  close(): Promise<void>;
}

/** Answers as it was recorded; 500 to what was not, so that a changed request is noticed. */
export async function playHttp(file: URL): Promise<AnsweringServer> {
  const answers = JSON.parse(gunzipSync(readFileSync(file)).toString('utf8')) as Answers;
  return serve((key) => {
    const answer = answers[key];
    return Promise.resolve(
      answer ? { status: 200, ...answer } : { status: 500, type: 'text/plain', body: `not recorded: ${key}` },
    );
  });
}

/** Hands requests on to a server and keeps its good answers; `save` writes them for `playHttp`. */
export async function recordHttp(server: string): Promise<AnsweringServer & { save(file: URL): void }> {
  const answers: Answers = {};
  const app = await serve(async (key, request) => {
    const { method, url, body, contentType } = request;
    const { status, data, headers } = await axios.request<string>({
      method,
      url: server + url,
      data: body === '' ? undefined : body,
      headers: contentType === undefined ? {} : { 'Content-Type': contentType },
      responseType: 'text',
      transformResponse: (text: string) => text,
      validateStatus: null,
    });
    const type = String(headers['content-type'] ?? 'text/plain');
    if (status === 200) answers[key] = { type, body: data };
    return { status, type, body: data };
  });
  const save = (file: URL): void => writeFileSync(file, gzipSync(JSON.stringify(answers), { level: 9 }));
  return Object.assign(app, { save });
}

interface Request {
  method: string;
  url: string;
  body: string;
  contentType: string | undefined;
}

async function serve(
  answer: (key: string, request: Request) => Promise<{ status: number; type: string; body: string }>,
): Promise<AnsweringServer> {
  const app: FastifyInstance = Fastify({ forceCloseConnections: true });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'string' }, (_, body, done) => {
    done(null, body);
  });
  const server: AnsweringServer = { url: '', bytes: 0, asked: [], close: () => app.close() };
  app.all('/*', async ({ method, url, body, headers }, reply) => {
    const text = typeof body === 'string' ? body : '';
    const key = [method, url, text].join(' ').trim();
    server.asked.push(key);
    const {
      status,
      type,
      body: said,
    } = await answer(key, {
      method,
      url,
      body: text,
      contentType: headers['content-type'],
    });
    server.bytes += Buffer.byteLength(said);
    return reply.code(status).type(type).send(said);
  });
  server.url = await app.listen({ host: '127.0.0.1', port: 0 });
  return server;
}
