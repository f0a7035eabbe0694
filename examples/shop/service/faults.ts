import { setTimeout as sleep } from 'node:timers/promises';
import { guiltyCallee, type RuntimeInjection } from '../fault-catalog.js';
import type { Callee } from './connections.js';
import { burn } from './work.js';

/** Share of requests (0..1) that the `errors` fault fails. */
const ERROR_RATIO = 0.6;
/** The `cpu` fault blocks the process this long, then lets it breathe. */
const BURN_MS = 450;
const BREATH_MS = 40;
/** The `leak` fault keeps this many sessions more, this often. */
const LEAKED_SESSIONS = 4000;
const LEAK_EVERY_MS = 250;

/** The `lag` fault makes each message take so much longer. */
const LAG_MS = 3000;

interface Session {
  id: string;
  expires: string;
  basket: number[];
}

/** The faults that are active inside this process. */
export class Faults {
  private readonly active = new Set<RuntimeInjection>();
  private readonly sessions: Session[] = [];
  private leak: NodeJS.Timeout | null = null;

  constructor(
    private readonly service: string,
    private readonly slowMs: number,
    private readonly callees: Map<string, Callee>,
  ) {}

  start(fault: RuntimeInjection): void {
    if (this.active.has(fault)) return;
    this.active.add(fault);
    if (fault === 'cpu') void this.burnOn();
    if (fault === 'leak') {
      this.leak = setInterval(() => {
        this.keepSessions();
      }, LEAK_EVERY_MS);
    }
    if (fault === 'pool') this.callees.get(guiltyCallee(this.service))?.exhaust();
  }

  clear(): void {
    if (this.active.has('pool')) this.callees.get(guiltyCallee(this.service))?.restore();
    if (this.leak) clearInterval(this.leak);
    this.leak = null;
    this.sessions.length = 0;
    this.active.clear();
  }

  /** Milliseconds that a message takes longer. */
  get messageDelayMs(): number {
    return this.active.has('lag') ? LAG_MS : 0;
  }

  /** What the active faults do to one request. @returns whether the request must fail. */
  async disturb(): Promise<boolean> {
    if (this.active.has('leak')) this.sweepSessions();
    if (this.active.has('latency')) await sleep(this.slowMs * (0.8 + 0.4 * Math.random()));
    return this.active.has('errors') && Math.random() < ERROR_RATIO;
  }

  private async burnOn(): Promise<void> {
    while (this.active.has('cpu')) {
      burn(BURN_MS);
      await sleep(BREATH_MS);
    }
  }

  private keepSessions(): void {
    const expires = new Date(Date.now() + 3_600_000).toISOString();
    for (let i = 0; i < LEAKED_SESSIONS; i++) {
      this.sessions.push({
        id: `session-${this.sessions.length}`,
        expires: `${expires}#${i}`,
        basket: [i, i + 0.5],
      });
    }
  }

  /** Looks for expired sessions among all that were ever kept: the price of a leak grows with it. */
  private sweepSessions(): number {
    const now = Date.now();
    let expired = 0;
    for (const session of this.sessions) {
      if (Date.parse(session.expires.slice(0, 24)) < now) expired++;
    }
    return expired;
  }
}
