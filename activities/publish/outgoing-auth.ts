import type { OutgoingAuth } from '../../config/primitives.js';

/** The header that proves who asks. */
export function authorization(auth: OutgoingAuth): Record<string, string> {
  if (auth.type === 'bearer') return { Authorization: `Bearer ${auth.token}` };
  if (auth.type === 'basic') {
    const login = Buffer.from(`${auth.username}:${auth.password}`).toString('base64');
    return { Authorization: `Basic ${login}` };
  }
  return {};
}

/** What of it no message may show. */
export function secretsOfAuth(auth: OutgoingAuth): string[] {
  if (auth.type === 'bearer') return [auth.token];
  return auth.type === 'basic' ? [auth.password] : [];
}
