import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { IncidentRecord } from '../../model/incident.js';
import type { Cancellation } from '../../model/progress.js';
import { withoutSecrets } from '../../report/mask.js';
import type { Incidents } from '../incidents.js';
import type { ApiAuth } from '../../config/receiver-auth.js';
import { isWholeId } from '../incident-ids.js';
import { demandToken } from '../intake/auth.js';
import { LIMITS, oneLine } from '../intake/bounds.js';
import { readBody } from '../intake/malformed.js';
import { HttpError } from '../intake/problems.js';
import { acknowledgement, cancellation, rerun, feedback } from './bodies.js';

export interface IncidentApiOptions {
  /** The API's own credentials; null when it is off. */
  auth: ApiAuth | null;
  incidents: Pick<Incidents, 'show' | 'acknowledge' | 'giveFeedback' | 'rerun' | 'cancel'>;
}

const IS_OFF =
  'the API of incidents is off: set webhook.api.auth, with a token for each person or program that may use it';
const NO_ROUTE =
  'expected GET /v1/incidents/:id, or POST to /acknowledge, /feedback, /rerun or /cancel below it; the slashes of a whole id are written %2F';

interface OneIncident {
  Params: { id: string };
}

/**
 * The HTTP API of one incident (docs/api.md): `GET /v1/incidents/:id`, and `POST` to `acknowledge`, `feedback`, `rerun`
 * and `cancel` below it. `:id` is a whole id, percent-encoded, or a part that fits one incident; `cancel` takes whole
 * ids alone. With a token, `by` is the token's name; what a body names besides is written as `bot, on behalf of ann`.
 *
 * Answers the record. Errors are problem documents: 400 for a body that cannot be read, 404, 409 for a part of an id
 * that fits several incidents and for what the incident refuses, 503 while Temporal or a worker is missing.
 */
export function incidentApi({ auth, incidents }: IncidentApiOptions) {
  /** A route that reads its body by `schema` and answers the incident as it is after `act`. */
  function steering<Given extends { by: string }>(
    schema: z.ZodType<Given>,
    act: (id: string, given: Given) => Promise<IncidentRecord>,
  ) {
    return async ({ params, body, tokenName }: FastifyRequest<OneIncident>): Promise<IncidentRecord> =>
      withoutSecrets(await act(params.id, signed(readBody(schema, withName(body, tokenName)), tokenName)));
  }

  function cancelWhole(id: string, given: Cancellation): Promise<IncidentRecord> {
    if (!isWholeId(id))
      throw new HttpError(400, `cancel takes a whole id, got "${oneLine(id, LIMITS.name)}"`);
    return incidents.cancel(id, given);
  }

  return (server: FastifyInstance): void => {
    void server.register(
      async (api) => {
        api.setNotFoundHandler(() => {
          throw new HttpError(404, auth === null ? IS_OFF : NO_ROUTE);
        });
        if (auth === null) return;
        await demandToken(api, auth);
        api.addHook('onSend', noStore);
        const route = { config: { isOpen: auth.type === 'none' } };
        api.get<OneIncident>('/:id', route, async ({ params }) =>
          withoutSecrets(await incidents.show(params.id)),
        );
        api.post<OneIncident>('/:id/acknowledge', route, steering(acknowledgement, incidents.acknowledge));
        api.post<OneIncident>('/:id/feedback', route, steering(feedback, incidents.giveFeedback));
        api.post<OneIncident>('/:id/rerun', route, steering(rerun, incidents.rerun));
        api.post<OneIncident>('/:id/cancel', route, steering(cancellation, cancelWhole));
      },
      { prefix: '/v1/incidents' },
    );
  };
}

/** The body with its `by`, which who shows a token need not give. */
function withName(body: unknown, tokenName: string | null): unknown {
  const isObject = typeof body === 'object' && body !== null && !Array.isArray(body);
  return tokenName !== null && isObject ? { by: tokenName, ...body } : body;
}

/** `by` as the record holds it: the token's name, and for whom it was. */
function signed<Given extends { by: string }>(given: Given, tokenName: string | null): Given {
  if (tokenName === null || given.by === tokenName) return given;
  return { ...given, by: `${tokenName}, on behalf of ${given.by}` };
}

/** An incident changes: no cache may answer for us. */
function noStore(_request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void): void {
  reply.header('cache-control', 'no-store');
  done();
}
