import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { connect } from 'node:net';
import { join } from 'node:path';
import lockfile from 'proper-lockfile';
import { z } from 'zod';
import { parseJson } from '../blob-store.js';

/**
 * An embedded PostgreSQL in a folder. One process can have the folder open: it serves the others of this machine on a
 * socket that its user alone can reach.
 */
export interface EmbeddedServer {
  /** Folder of the socket. */
  host: string;
  /** Ends the server if it is ours; the connections of others end with it. */
  close(): Promise<void>;
}

/** A lock that its process has not touched for so long is left over. */
const STALE_MS = 10_000;

/** The owner of the folder needs some seconds to make the database when it is new. */
const SERVED_WITHIN_MS = 60_000;
const ASK_AGAIN_MS = 250;

/** Connections that the owner takes; each process has some. */
const MAX_CONNECTIONS = 50;

const NAME = '.s.PGSQL.5432';
const place = z.object({ host: z.string() });

/**
 * Opens the folder, or finds the process that has it open.
 * @throws when the folder cannot be written, or its owner does not serve it in a minute
 */
export async function openEmbedded(directory: string): Promise<EmbeddedServer> {
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const noted = join(directory, 'server.json');
  const until = Date.now() + SERVED_WITHIN_MS;
  for (;;) {
    const release = await lockOf(directory);
    if (release) return serve(directory, noted, release);
    const host = place.safeParse(parseJson(await readFile(noted).catch(() => Buffer.alloc(0)))).data?.host;
    if (host !== undefined && (await isServed(host))) return { host, close: async () => {} };
    if (Date.now() > until) throw new Error(`record.directory: ${directory} is locked and not served`);
    await new Promise((wake) => setTimeout(wake, ASK_AGAIN_MS));
  }
}

/** Null when another process has the folder. */
async function lockOf(directory: string): Promise<(() => Promise<void>) | null> {
  try {
    return await lockfile.lock(directory, {
      lockfilePath: join(directory, 'lock'),
      stale: STALE_MS,
      onCompromised: () => {},
    });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ELOCKED') return null;
    throw error;
  }
}

async function serve(
  directory: string,
  noted: string,
  release: () => Promise<void>,
): Promise<EmbeddedServer> {
  try {
    const [{ PGlite }, { PGLiteSocketServer }] = await Promise.all([
      import('@electric-sql/pglite'),
      import('@electric-sql/pglite-socket'),
    ]);
    const db = await PGlite.create(join(directory, 'data'));
    // Only its user can enter a folder that mkdtemp makes; the path of a socket has a hundred characters at most.
    const host = await mkdtemp(join(tmpdir(), 'faultline-'));
    const server = new PGLiteSocketServer({ db, path: join(host, NAME), maxConnections: MAX_CONNECTIONS });
    await server.start();
    await writeFile(noted, JSON.stringify({ host }));
    return {
      host,
      close: async () => {
        await rm(noted, { force: true });
        await server.stop();
        await db.close();
        await rm(host, { recursive: true, force: true });
        await release();
      },
    };
  } catch (error) {
    await release();
    throw error;
  }
}

async function isServed(host: string): Promise<boolean> {
  return new Promise((answer) => {
    const socket = connect(join(host, NAME));
    socket.once('connect', () => answer(true)).once('error', () => answer(false));
    socket.once('connect', () => socket.destroy());
  });
}
