import Fastify from 'fastify';

/** A token endpoint that demands the form of RFC 6749, section 4.4. */
export interface TokenEndpoint {
  url: string;
  /** How many tokens it gave. */
  granted: number;
  /** The parameters of the last request that it granted. */
  last: Record<string, string>;
  /** Seconds that the next tokens live. */
  life: number;
  isDown: boolean;
  isValid(authorization: string | undefined): boolean;
  /** Makes all tokens invalid that were given. */
  revoke(): void;
  close(): Promise<void>;
}

export async function startTokenEndpoint(client: {
  clientId: string;
  clientSecret: string;
}): Promise<TokenEndpoint> {
  const app = Fastify({ forceCloseConnections: true });
  app.addContentTypeParser('application/x-www-form-urlencoded', { parseAs: 'string' }, (_, body, done) => {
    done(null, new URLSearchParams(body.toString()));
  });
  const expiries = new Map<string, number>();
  const endpoint: TokenEndpoint = {
    ...{ url: '', granted: 0, last: {}, life: 3_600, isDown: false },
    isValid: (authorization = '') => (expiries.get(authorization) ?? 0) > Date.now(),
    revoke: () => {
      expiries.clear();
    },
    close: () => app.close(),
  };
  app.post('/token', (request, reply) => {
    if (endpoint.isDown) return reply.code(503).send();
    const form = request.body as URLSearchParams;
    const [scheme, login = ''] = (request.headers.authorization ?? '').split(' ');
    // Section 2.3.1: form-encoded, then a login; never also in the body.
    const [id, secret] = Buffer.from(login, 'base64').toString('utf8').split(':').map(formDecoded);
    const isKnown = scheme === 'Basic' && id === client.clientId && secret === client.clientSecret;
    const refuse = (error: string, error_description: string, code: number) =>
      reply.code(code).send({ error, error_description });
    if (!isKnown) return refuse('invalid_client', 'who is that?', 401);
    if (form.get('grant_type') !== 'client_credentials') return refuse('unsupported_grant_type', 'no', 400);
    if (form.has('client_id') || form.has('client_secret'))
      return refuse('invalid_request', 'said twice', 400);
    endpoint.granted += 1;
    endpoint.last = Object.fromEntries(form);
    const access_token = `token-${endpoint.granted}`;
    expiries.set(`Bearer ${access_token}`, Date.now() + endpoint.life * 1000);
    return reply
      .headers({ 'cache-control': 'no-store' })
      .send({ access_token, token_type: 'bearer', expires_in: endpoint.life });
  });
  endpoint.url = `${await app.listen({ host: '127.0.0.1', port: 0 })}/token`;
  return endpoint;
}

function formDecoded(text: string): string {
  return new URLSearchParams(`text=${text}`).get('text') ?? '';
}
