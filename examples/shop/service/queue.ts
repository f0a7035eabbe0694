import { setTimeout as sleep } from 'node:timers/promises';
import { context, SpanKind, type Meter, type Tracer } from '@opentelemetry/api';
import type { Logger } from 'pino';

/** Messages that may stand in line; more are turned away. A lag of hours would not fill it in the life of a shop. */
const LONGEST_LINE = 10_000;
/** A message that stood in line for longer is worth a line in the log. */
const LATE_SECONDS = 5;

interface Message {
  number: number;
  placedAt: number;
  /** Works it off, within the trace of the request that put it in line. */
  handle: () => Promise<void>;
}

/** A line of messages and the one worker that works them off, first come first served. */
export class Queue {
  private readonly line: Message[] = [];
  private placed = 0;
  private isWorking = false;

  /**
   * @param slowedBy milliseconds that a message takes longer now
   * @param tracer makes a span of each message that is worked off
   */
  constructor(
    private readonly slowedBy: () => number,
    private readonly tracer: Tracer,
    private readonly log: Logger,
  ) {}

  /** Publishes how long the line is and how long its first message stands there. */
  watch(meter: Meter): void {
    meter
      .createObservableGauge('shop.queue.messages', { description: 'Messages in line' })
      .addCallback((result) => result.observe(this.line.length));
    meter
      .createObservableGauge('shop.queue.oldest.seconds', { description: 'Age of the oldest message' })
      .addCallback((result) => result.observe(this.line[0] ? ageOf(this.line[0]) : 0));
  }

  /** Puts a message in line that takes so many milliseconds. @returns false when the line is too long */
  put(workMs: number): boolean {
    if (this.line.length >= LONGEST_LINE) return false;
    const handle = context.bind(context.active(), async () => {
      const span = this.tracer.startSpan('confirm an order', { kind: SpanKind.CONSUMER });
      await sleep(workMs + this.slowedBy());
      span.end();
    });
    this.line.push({ number: ++this.placed, placedAt: Date.now(), handle });
    void this.workOff();
    return true;
  }

  private async workOff(): Promise<void> {
    if (this.isWorking) return;
    this.isWorking = true;
    for (let message = this.line[0]; message; message = this.line[0]) {
      await message.handle();
      this.line.shift();
      const age = ageOf(message);
      this.log.info(`confirmed order ${message.number} after ${age.toFixed(1)} s`);
      if (age > LATE_SECONDS) this.log.warn(`${this.line.length} orders wait for their confirmation`);
    }
    this.isWorking = false;
  }
}

const ageOf = ({ placedAt }: Message): number => (Date.now() - placedAt) / 1000;
