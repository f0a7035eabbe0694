import type { FastifyInstance, FastifyRequest } from 'fastify';
import { isLoopback } from '../../config/exposure.js';
import { HttpError } from './problems.js';

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Whether a route asks for neither credentials nor a signature. */
    isOpen?: boolean;
  }
}

const FORWARDED = ['forwarded', 'x-forwarded-for', 'x-forwarded-host'];

/**
 * Refuses what a web page, or a proxy, makes of a receiver that listens on loopback and asks for no credentials there.
 * A page of another origin is refused everywhere. By DNS rebinding a page calls us under its own name, so routes
 * without credentials answer under the names of loopback only; what a proxy forwards comes from elsewhere.
 */
export function guardAgainstBrowsers(app: FastifyInstance, listenHost: string): void {
  app.addHook('onRequest', (request, _reply, done) => {
    done(refusalOf(request, listenHost));
  });
}

function refusalOf(request: FastifyRequest, listenHost: string): HttpError | undefined {
  const { origin } = request.headers;
  if (origin !== undefined && hostIn(origin) !== request.host) {
    return new HttpError(403, 'requests of web pages of another origin are refused');
  }
  if (!request.routeOptions.config.isOpen || !isLoopback(listenHost)) return undefined;
  if (!isLoopback(request.hostname.replace(/^\[|\]$/g, ''))) {
    return new HttpError(403, 'without credentials, only requests to 127.0.0.1 or localhost are answered');
  }
  if (FORWARDED.some((name) => name in request.headers)) {
    return new HttpError(
      403,
      'without credentials, requests that a proxy forwards are refused; set webhook.auth',
    );
  }
  return undefined;
}

function hostIn(origin: string): string | null {
  return URL.canParse(origin) ? new URL(origin).host : null;
}
