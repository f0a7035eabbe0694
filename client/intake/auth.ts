import basicAuth from '@fastify/basic-auth';
import bearerAuth from '@fastify/bearer-auth';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ApiAuth, ReceiverAuth } from '../../config/receiver-auth.js';
import { isSameText, NotAuthentic } from './authenticity.js';

const REALM = 'faultline';

declare module 'fastify' {
  interface FastifyRequest {
    /** Whose token a request of the API shows; null where no token is asked for. */
    tokenName: string | null;
  }
}

/** Lets only requests with the configured credentials into `app`; others fail with 401 and WWW-Authenticate. */
export async function demandCredentials(app: FastifyInstance, auth: ReceiverAuth): Promise<void> {
  switch (auth.type) {
    case 'none':
      return;
    case 'bearer':
      return demandBearer(app, (token) => isOneOf(auth.tokens, token));
    case 'basic': {
      const passwords = [auth.password, auth.passwordBefore].filter((one) => one !== undefined);
      await app.register(basicAuth, {
        authenticate: { realm: REALM },
        validate: (username, password, _request, _reply, done) => {
          // Both are compared whatever the first says, so that time tells nothing.
          const rightName = isSameText(username, auth.username);
          const rightPassword = isOneOf(passwords, password);
          done(rightName && rightPassword ? undefined : new Error('wrong credentials'));
        },
      });
      app.addHook('onRequest', app.basicAuth);
      return;
    }
    case 'header': {
      const name = auth.name.toLowerCase();
      app.addHook('onRequest', (request, _reply, done) => {
        const given = request.headers[name];
        const isRight = typeof given === 'string' && isOneOf(auth.values, given);
        done(isRight ? undefined : new NotAuthentic(`the header ${auth.name} of this receiver is needed`));
      });
      return;
    }
  }
}

/** Lets only requests with a token of the API into `app`, and notes whose it is. */
export async function demandToken(app: FastifyInstance, auth: ApiAuth): Promise<void> {
  app.decorateRequest('tokenName', null);
  if (auth.type === 'none') return;
  await demandBearer(app, (token, request) => {
    const [known] = auth.tokens.filter((one) => isSameText(token, one.token));
    request.tokenName = known?.name ?? null;
    return known !== undefined;
  });
}

async function demandBearer(
  app: FastifyInstance,
  isKnown: (token: string, request: FastifyRequest) => boolean,
): Promise<void> {
  await app.register(bearerAuth, {
    keys: new Set<string>(),
    auth: isKnown,
    addHook: false,
    specCompliance: 'rfc6749',
    verifyErrorLogLevel: 'debug',
  });
  const verify = app.verifyBearerAuth;
  if (!verify) throw new Error('@fastify/bearer-auth did not register');
  app.addHook('onRequest', (request, reply, done) => {
    reply.header('www-authenticate', `Bearer realm="${REALM}"`);
    verify(request, reply, (error) => {
      if (!error) reply.removeHeader('www-authenticate');
      done(error);
    });
  });
}

/** Compares with every secret, whichever fits, in constant time. */
function isOneOf(secrets: readonly string[], given: string): boolean {
  return secrets.filter((secret) => isSameText(given, secret)).length > 0;
}
