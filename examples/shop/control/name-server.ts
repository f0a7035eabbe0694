import { createSocket } from 'node:dgram';
import { once } from 'node:events';

const HOST = '127.0.0.1';
const HEADER_BYTES = 12;
const TYPE_A = 1;
const NXDOMAIN = 3;

/** The name server of the shop: it knows the services by their names, and may lose one. */
export interface NameServer {
  port: number;
  /** Forgets a name. */
  lose: (name: string) => void;
  /** Knows every name again. */
  restore: () => void;
  stop: () => Promise<void>;
}

/**
 * Answers DNS by UDP (RFC 1035): every service is on this machine. Nobody may keep an answer, so that a lost name is
 * missed at the next connection.
 */
export async function startNameServer(names: readonly string[]): Promise<NameServer> {
  const lost = new Set<string>();
  const socket = createSocket('udp4');
  socket.on('message', (query, { port, address }) => {
    const question = questionOf(query);
    if (question === null) return;
    const isKnown = names.includes(question.name) && !lost.has(question.name);
    socket.send(answerTo(query, question, isKnown), port, address);
  });
  socket.bind(0, HOST);
  await once(socket, 'listening');
  return {
    port: socket.address().port,
    lose: (name) => lost.add(name),
    restore: () => {
      lost.clear();
    },
    stop: () => new Promise((resolve) => socket.close(() => resolve())),
  };
}

interface Question {
  name: string;
  type: number;
  /** Where the question ends in the message. */
  end: number;
}

/** The first question of a query; null for what is none. */
function questionOf(query: Buffer): Question | null {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  while (at < query.length && query[at] !== 0) {
    const length = query[at]!;
    labels.push(query.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
  const end = at + 5;
  if (labels.length === 0 || end > query.length) return null;
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end };
}

function answerTo(query: Buffer, { type, end }: Question, isKnown: boolean): Buffer {
  const record = isKnown && type === TYPE_A;
  const header = Buffer.alloc(HEADER_BYTES);
  query.copy(header, 0, 0, 2);
  // An authoritative response; recursion as it was asked for and is there.
  header.writeUInt16BE(0x8580 | (isKnown ? 0 : NXDOMAIN), 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(record ? 1 : 0, 6);
  const question = query.subarray(HEADER_BYTES, end);
  // The name of the question, type A, class IN, a time to live of 0, four bytes of address.
  const answer = Buffer.from([0xc0, HEADER_BYTES, 0, TYPE_A, 0, 1, 0, 0, 0, 0, 0, 4, 127, 0, 0, 1]);
  return Buffer.concat(record ? [header, question, answer] : [header, question]);
}
