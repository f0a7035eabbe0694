import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';

/** How a vendor behaves at one request. */
export type Mood = 'take' | 'fail' | 'busy' | 'reset' | 'page of a proxy' | 'take and lose the reply';
export const MOODS: readonly Mood[] = [
  'take',
  'fail',
  'busy',
  'reset',
  'page of a proxy',
  'take and lose the reply',
];

/** A vendor's API on this machine. It holds a client to the published rules, and misbehaves on order. */
export abstract class Vendor {
  /** What happens at the next requests; then it takes all. */
  moods: Mood[] = [];
  /** Method and path of every request that was answered by the API itself. */
  calls: string[] = [];
  url = '';
  protected readonly app: FastifyInstance = fastify({ forceCloseConnections: true });

  async open(): Promise<void> {
    const losing = new WeakSet<FastifyRequest>();
    this.app.addHook('preHandler', async (request, reply) => {
      const mood = this.moods.shift() ?? 'take';
      if (mood === 'fail') return reply.code(503).send('down for the test');
      if (mood === 'busy') return reply.code(429).header('Retry-After', '7').send();
      if (mood === 'reset') return hangUp(request, reply);
      if (mood === 'page of a proxy') return reply.type('text/html').send('<html>Sign in</html>');
      if (mood === 'take and lose the reply') losing.add(request);
      this.calls.push(`${request.method} ${request.url.split('?')[0]}`);
      const refusal = this.refusalOf(request);
      if (refusal) return reply.code(refusal.status).send({ message: refusal.message });
      return undefined;
    });
    this.app.addHook('onSend', async (request, reply) => {
      if (losing.has(request)) await hangUp(request, reply);
    });
    this.routes();
    this.url = await this.app.listen({ host: '127.0.0.1', port: 0 });
  }

  close(): Promise<void> {
    return this.app.close();
  }

  protected abstract routes(): void;

  /** Why a request is refused before it is looked at: who asks, and in which form. */
  protected abstract refusalOf(request: FastifyRequest): { status: number; message: string } | null;
}

async function hangUp(request: FastifyRequest, reply: FastifyReply): Promise<void> {
  reply.hijack();
  request.socket.destroy();
  return Promise.resolve();
}
