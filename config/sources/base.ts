import { z } from 'zod';
import { seconds, secret } from '../primitives.js';
import { receiverAuth } from '../receiver-auth.js';

/** A source that shows credentials in headers: its own, else those of `webhook.auth`. */
export const withCredentials = { auth: receiverAuth.optional() };

/** Secrets that a source signs its posts with; several while one is replaced by another. */
export const secrets = z.array(secret).min(1);

/** How far the signed time of a post may be from now, in either direction: what is older is a replay. */
export const tolerance = (defaultSeconds: number) => seconds.default(defaultSeconds);

export const headerName = z.string().regex(/^[A-Za-z0-9-]+$/, "expected a header's name");
