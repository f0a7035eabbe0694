import { createHmac } from 'node:crypto';

/**
 * The signature header of a body: `t=<unix seconds>,v1=<hex HMAC-SHA256 of "<t>.<body>">`. A receiver computes the
 * same, compares in constant time, and refuses a `t` that is more than some minutes off its clock.
 */
export function signature(body: string, secret: string, unixSeconds: number): string {
  const time = Math.floor(unixSeconds);
  const digest = createHmac('sha256', secret).update(`${time}.${body}`).digest('hex');
  return `t=${time},v1=${digest}`;
}
