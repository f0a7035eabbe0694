import { randomOf, type Random } from '../../test/support/random.js';

/** One alert of the storm, and when it is sent. */
export interface StormAlert {
  service: string;
  fingerprint: string;
  /** Seconds after the storm began. */
  sentAfter: number;
}

export interface StormEstate {
  services: { name: string; calls: string[] }[];
  /** In the order in which they are sent. */
  alerts: StormAlert[];
}

/** Parts of the estate that call each other in nothing but the gateway; the lowest service of each falls ill. */
const FAULTS = 3;

/**
 * Services in three parts below one gateway. In each part a fault climbs from the lowest service to its callers, theirs
 * and so on: every service has its share of alerts, which begin the later the further away the fault is.
 */
export function stormEstate(options: { services: number; alerts: number; seconds: number }): StormEstate {
  const random = randomOf(7);
  const size = Math.floor((options.services - 1) / FAULTS);
  const services: StormEstate['services'] = [{ name: 'gateway', calls: [] }];
  const depths = new Map<string, number>();
  for (let part = 0; part < FAULTS; part++) {
    for (let i = 0; i < size; i++) {
      const name = `part${part}-${i}`;
      const calls = i === 0 ? [] : calleesOf(i, random).map((callee) => `part${part}-${callee}`);
      services.push({ name, calls });
      depths.set(name, i === 0 ? 0 : 1 + Math.min(...calls.map((callee) => depths.get(callee) ?? 0)));
    }
    services[0]?.calls.push(`part${part}-${size - 1}`);
  }
  const deepest = Math.max(...depths.values()) + 1;
  depths.set('gateway', deepest);

  const alerts = Array.from({ length: options.alerts }, (_, i): StormAlert => {
    const { name } = services[i % services.length]!;
    const climbs = 0.4 * ((depths.get(name) ?? 0) / deepest);
    return {
      service: name,
      fingerprint: `${name}-${i}`,
      sentAfter: options.seconds * (climbs + random.between(0, 0.6)),
    };
  });
  return { services, alerts: alerts.sort((a, b) => a.sentAfter - b.sentAfter) };
}

function calleesOf(i: number, random: Random): number[] {
  const first = random.whole(Math.max(0, Math.floor(i / 3) - 1), i - 1);
  return random.next() < 0.3 ? [first, random.whole(0, i - 1)] : [first];
}
