import { createHash, timingSafeEqual } from 'node:crypto';
import basicAuth from '@fastify/basic-auth';
import bearerAuth from '@fastify/bearer-auth';
import type { FastifyInstance } from 'fastify';
import type { Config } from '../../config/schema.js';

export type ReceiverAuth = Config['webhook']['auth'];

const REALM = 'faultline';

/** Lets only requests with the configured credentials into `app`; others fail with 401 and WWW-Authenticate. */
export async function demandCredentials(app: FastifyInstance, auth: ReceiverAuth): Promise<void> {
  switch (auth.type) {
    case 'none':
      return;
    case 'bearer': {
      // The plugin compares in constant time with every token.
      await app.register(bearerAuth, {
        keys: new Set(auth.tokens),
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
      return;
    }
    case 'basic': {
      await app.register(basicAuth, {
        authenticate: { realm: REALM },
        validate: (username, password, _request, _reply, done) => {
          // Both are compared whatever the first says, so that time tells nothing.
          const rightName = sameText(username, auth.username);
          const rightPassword = sameText(password, auth.password);
          done(rightName && rightPassword ? undefined : new Error('wrong credentials'));
        },
      });
      app.addHook('onRequest', app.basicAuth);
      return;
    }
  }
}

/** Compares in time that depends on neither text: digests have one length. */
function sameText(given: string, expected: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(given), digest(expected));
}
