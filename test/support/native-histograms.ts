import axios from 'axios';
import { ESTATE, REQUESTS_PER_SECOND, secondsOf, type WrittenIncident } from './open-metrics.js';

/** What Prometheus needs to take them by remote write. */
export const NATIVE_FLAGS = ['--enable-feature=native-histograms', '--web.enable-remote-write-receiver'];

/** Buckets grow by the eighth root of two: 9 % each. */
const SCHEMA = 3;
const ZERO_THRESHOLD = 1e-6;

/**
 * Writes the estate of open-metrics.ts into a Prometheus by remote write, its requests as native histograms alone. The
 * samples must be newer than all that it has.
 */
export async function writeNative(url: string, incident: WrittenIncident): Promise<void> {
  const series = Object.entries(ESTATE).flatMap(([service, { calls }]) => [
    requestsOf(
      'http_server_request_duration_seconds',
      { job: service, http_route: '/' },
      service,
      incident,
      0,
    ),
    ...calls.map((callee) => {
      const labels = { job: service, server_address: callee };
      return requestsOf('http_client_request_duration_seconds', labels, callee, incident, 0.001);
    }),
    upOf(service, incident),
  ]);
  const answer = await axios.post(`${url}/api/v1/write`, literalSnappy(Buffer.concat(series)), {
    headers: { 'Content-Type': 'application/x-protobuf', 'Content-Encoding': 'snappy' },
    validateStatus: null,
  });
  if (answer.status >= 300) throw new Error(`remote write: ${answer.status} ${String(answer.data)}`);
}

function* timesOf({ start, end, stepSeconds }: WrittenIncident): Generator<number> {
  for (let time = start; time <= end; time += stepSeconds) yield time;
}

function requestsOf(
  name: string,
  labels: Record<string, string>,
  service: string,
  incident: WrittenIncident,
  onTheWay: number,
): Buffer {
  const counts = new Map<number, number>();
  let [count, sum] = [0, 0];
  const samples = [...timesOf(incident)].map((time) => {
    const seconds = secondsOf(service, time, incident) + onTheWay;
    const requests = Math.round(REQUESTS_PER_SECOND * incident.stepSeconds);
    for (const [share, factor] of [
      [0.1, 0.6],
      [0.8, 1],
      [0.1, 1.5],
    ] as const) {
      const bucket = Math.ceil(Math.log2(seconds * factor) * 2 ** SCHEMA);
      counts.set(bucket, (counts.get(bucket) ?? 0) + Math.round(requests * share));
    }
    count = [...counts.values()].reduce((a, b) => a + b, 0);
    sum += requests * seconds;
    return message(4, histogram(time, count, sum, counts));
  });
  return timeSeries({ __name__: name, instance: `${service}:8080`, ...labels }, samples);
}

function upOf(service: string, incident: WrittenIncident): Buffer {
  const samples = [...timesOf(incident)].map((time) =>
    message(2, [double(1, 1), varintField(2, BigInt(time) * 1000n)]),
  );
  return timeSeries({ __name__: 'up', job: service, instance: `${service}:8080` }, samples);
}

/*
 * prompb: WriteRequest { timeseries = 1 }, TimeSeries { labels = 1, samples = 2, histograms = 4 }, and Histogram as
 * below.
 */

function timeSeries(labels: Record<string, string>, samples: Buffer[]): Buffer {
  const pairs = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  const written = pairs.map(([name, value]) => message(1, [text(1, name), text(2, value)]));
  return message(1, [...written, ...samples]);
}

function histogram(time: number, count: number, sum: number, counts: ReadonlyMap<number, number>): Buffer[] {
  const buckets = [...counts].sort(([a], [b]) => a - b);
  const spans = buckets.map(([index], i) => {
    const offset = i === 0 ? index : index - buckets[i - 1]![0] - 1;
    return message(11, [varintField(1, zigzag(offset)), varintField(2, 1n)]);
  });
  const deltas = buckets.map(([, value], i) => varint(zigzag(value - (buckets[i - 1]?.[1] ?? 0))));
  return [
    varintField(1, BigInt(count)),
    double(3, sum),
    varintField(4, zigzag(SCHEMA)),
    double(5, ZERO_THRESHOLD),
    varintField(6, 0n),
    ...spans,
    message(12, deltas),
    varintField(15, BigInt(time) * 1000n),
  ];
}

function varint(value: bigint): Buffer {
  const bytes: number[] = [];
  let rest = value;
  do {
    bytes.push(Number(rest & 0x7fn) | (rest > 0x7fn ? 0x80 : 0));
    rest >>= 7n;
  } while (rest > 0n);
  return Buffer.from(bytes);
}

function zigzag(value: number): bigint {
  return value >= 0 ? BigInt(value) * 2n : BigInt(-value) * 2n - 1n;
}

function varintField(field: number, value: bigint): Buffer {
  return Buffer.concat([varint(BigInt(field << 3)), varint(value)]);
}

function double(field: number, value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return Buffer.concat([varint(BigInt((field << 3) | 1)), bytes]);
}

/** A field of length-delimited bytes: a message, or a packed list. */
function message(field: number, parts: Buffer[]): Buffer {
  const body = Buffer.concat(parts);
  return Buffer.concat([varint(BigInt((field << 3) | 2)), varint(BigInt(body.length)), body]);
}

function text(field: number, value: string): Buffer {
  return message(field, [Buffer.from(value)]);
}

/** Snappy's block format without any compression: literals of at most 64 KiB. */
function literalSnappy(body: Buffer): Buffer {
  const parts = [varint(BigInt(body.length))];
  for (let at = 0; at < body.length; at += 65_536) {
    const literal = body.subarray(at, at + 65_536);
    const length = Buffer.alloc(3);
    length.writeUInt8(61 << 2);
    length.writeUInt16LE(literal.length - 1, 1);
    parts.push(length, literal);
  }
  return Buffer.concat(parts);
}
