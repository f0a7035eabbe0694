import type { Random } from './random.js';

/**
 * Mean wait for one of `servers` in units of the mean time that each holds a request, at utilisation `u` < 1:
 * the approximation of M/M/c by Sakasegawa (1977).
 */
export function meanWait(u: number, servers: number): number {
  const bounded = Math.min(Math.max(u, 0), 0.97);
  return bounded ** Math.sqrt(2 * (servers + 1)) / (servers * (1 - bounded));
}

/** How much longer work takes that shares its processor (M/M/1 processor sharing, Kleinrock 1967). */
export function sharingSlowdown(utilisation: number): number {
  return 1 / (1 - Math.min(Math.max(utilisation, 0), 0.93));
}

/** The least that a lost segment waits for its retransmission, seconds: what Linux takes (RFC 6298 says 1 s). */
const RETRANSMISSION_TIMEOUT = 0.2;

/**
 * Extra seconds until a message of `packets` packets is across a way that loses each with probability `loss`. A loss
 * in the middle of a long message is seen by duplicate acknowledgements and costs about a round trip (RFC 5681); that
 * of a last packet waits for the timeout, which doubles.
 */
export function retransmissionDelay(
  random: Random,
  packets: number,
  loss: number,
  roundTrip: number,
): number {
  if (loss <= 0) return 0;
  let extra = 0;
  for (let packet = 0; packet < packets; packet += 1) {
    if (!random.chance(loss)) continue;
    if (packet < packets - 3) {
      extra += roundTrip;
      continue;
    }
    let timeout = RETRANSMISSION_TIMEOUT;
    do {
      extra += timeout;
      timeout *= 2;
    } while (timeout < 10 && random.chance(loss));
  }
  return extra;
}
