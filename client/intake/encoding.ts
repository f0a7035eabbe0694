import { promisify } from 'node:util';
import { gunzip } from 'node:zlib';
import type { FastifyRequest } from 'fastify';

const unzip = promisify(gunzip);

/** Errors of Fastify's own kind: a status, and words for whoever sent it. */
class WrongEncoding extends Error {
  constructor(
    readonly statusCode: 400 | 413 | 415,
    message: string,
  ) {
    super(message);
  }
}

/**
 * The bytes of a post as they were before the sender compressed them; at most as many as the route takes, so that a
 * small post cannot become a large one. Signatures are made of these bytes.
 *
 * @throws an error with the status 415 for an encoding that is not taken, 413 for a body that is too large, 400 for a
 * broken one
 */
export async function plainBytes(request: FastifyRequest, body: Buffer): Promise<Buffer> {
  const encoding = (request.headers['content-encoding'] ?? 'identity').trim().toLowerCase();
  if (encoding === 'identity' || encoding === '') return body;
  if (encoding !== 'gzip' && encoding !== 'x-gzip') {
    throw new WrongEncoding(415, `Content-Encoding: expected gzip or identity, got ${encoding.slice(0, 40)}`);
  }
  try {
    return await unzip(body, { maxOutputLength: request.routeOptions.bodyLimit });
  } catch (error) {
    const isLarge = error instanceof Error && 'code' in error && error.code === 'ERR_BUFFER_TOO_LARGE';
    throw isLarge
      ? new WrongEncoding(413, 'the body is too large when it is unpacked')
      : new WrongEncoding(400, 'the body is not what its Content-Encoding says: gzip');
  }
}
