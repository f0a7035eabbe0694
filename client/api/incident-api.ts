import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { z } from 'zod';
import type { IncidentRecord } from '../../model/incident.js';
import { withoutSecrets } from '../../report/mask.js';
import type { Incidents } from '../incidents.js';
import { demandCredentials, type ReceiverAuth } from '../intake/auth.js';
import { readBody } from '../intake/malformed.js';
import { acknowledgement, cancellation, rerun, feedback } from './bodies.js';
import { HttpError } from './http-error.js';

export interface IncidentApiOptions {
  /** The same credentials as for alerts. */
  auth: ReceiverAuth;
  incidents: Pick<Incidents, 'show' | 'acknowledge' | 'giveFeedback' | 'rerun' | 'cancel'>;
}

const NO_ROUTE =
  'expected GET /v1/incidents/:id, or POST to /acknowledge, /feedback, /rerun or /cancel below it; the slashes of a whole id are written %2F';

interface OneIncident {
  Params: { id: string };
}

/**
 * The HTTP API of one incident (docs/api.md): `GET /v1/incidents/:id`, and `POST` to `acknowledge`, `feedback`, `rerun`
 * and `cancel` below it. `:id` is a whole id, percent-encoded, or a part that fits one incident.
 *
 * Answers the record. Errors are problem documents: 400 for a body that cannot be read, 404, 409 for a part of an id
 * that fits several incidents and for what the incident refuses, 503 while Temporal or a worker is missing.
 */
export function incidentApi({ auth, incidents }: IncidentApiOptions) {
  /** A route that reads its body by `schema` and answers the incident as it is after `act`. */
  function steering<Given>(
    schema: z.ZodType<Given>,
    act: (id: string, given: Given) => Promise<IncidentRecord>,
  ) {
    return async (request: FastifyRequest<OneIncident>): Promise<IncidentRecord> =>
      withoutSecrets(await act(request.params.id, readBody(schema, request.body)));
  }

  return (server: FastifyInstance): void => {
    void server.register(
      async (api) => {
        await demandCredentials(api, auth);
        api.addHook('onSend', noStore);
        api.setNotFoundHandler(() => {
          throw new HttpError(404, NO_ROUTE);
        });
        api.get<OneIncident>('/:id', async ({ params }) => withoutSecrets(await incidents.show(params.id)));
        api.post<OneIncident>('/:id/acknowledge', steering(acknowledgement, incidents.acknowledge));
        api.post<OneIncident>('/:id/feedback', steering(feedback, incidents.giveFeedback));
        api.post<OneIncident>('/:id/rerun', steering(rerun, incidents.rerun));
        api.post<OneIncident>('/:id/cancel', steering(cancellation, incidents.cancel));
      },
      { prefix: '/v1/incidents' },
    );
  };
}

/** An incident changes: no cache may answer for us. */
function noStore(_request: FastifyRequest, reply: FastifyReply, _payload: unknown, done: () => void): void {
  reply.header('cache-control', 'no-store');
  done();
}
