import { ALERT_TIME } from './logs.js';

/** One line of the example system that log stores are tried on. */
export interface ShopLine {
  time: number;
  service: string;
  level: string;
  message: string;
  /** What the exception said, beside the message. */
  error?: string;
}

/** Lines every so many seconds from and until so many seconds after the alert. */
function every(
  seconds: number,
  from: number,
  until: number,
  line: (at: number) => Omit<ShopLine, 'time'>,
): ShopLine[] {
  return Array.from({ length: Math.floor((until - from) / seconds) }, (_, at) => ({
    time: ALERT_TIME + from + at * seconds,
    ...line(at),
  }));
}

/**
 * An hour of calm and five minutes of incident: cart begins to fail since stock refuses, and no longer logs that it
 * reserved something; stock ran out of memory. Nine lines in ten are ordinary.
 */
export function shopLines(): ShopLine[] {
  return [
    ...every(2, -3_600, 300, (at) => ({
      service: 'cart',
      level: 'info',
      message: `cart ${at} loaded for user ${at % 97} in ${at % 13} ms`,
    })),
    ...every(5, -3_600, 0, (at) => ({ service: 'cart', level: 'info', message: `reserved ${at % 5} items` })),
    ...every(4, 0, 300, (at) => ({
      service: 'cart',
      level: 'error',
      message: `reservation ${at} failed`,
      error: `dial tcp 10.0.0.${at % 9}:8080: connect: connection refused by stock`,
    })),
    ...every(10, -3_600, 300, (at) => ({
      service: 'stock',
      level: 'info',
      message: `${at} reservations open`,
    })),
    ...every(30, 0, 120, (at) => ({
      service: 'stock',
      level: 'error',
      message: `java.lang.OutOfMemoryError: Java heap space password=planted-${at}-secret`,
    })),
    ...every(60, -3_600, 300, () => ({
      service: 'mailer',
      level: 'warn',
      message: 'nobody asked for these',
    })),
  ];
}
