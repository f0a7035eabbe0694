import { z } from 'zod';
import { seconds } from './primitives.js';

/** How an incident is followed after its first summary. */
export const followUp = z
  .strictObject({
    lookAgainSeconds: seconds.default(300),
    /** An incident is closed when no alert has fired for so long: a flapping alert stays one incident. */
    quietSeconds: seconds.default(60),
    limitSeconds: seconds.default(6 * 3600),
  })
  .prefault({});
