import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';

/** Files of a key and its certificate. */
export interface CertificatePair {
  certFile: string;
  keyFile: string;
}

/** An authority of a test's own, below a folder that the caller deletes. */
export interface Authority {
  directory: string;
  caFile: string;
  /**
   * A certificate of this authority, valid for a day if it is not said otherwise: for a server of this name at
   * 127.0.0.1, and for a client of this name. One of -1 days ended yesterday.
   */
  issue(name: string, days?: number): Promise<CertificatePair>;
}

const CURVE = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];

export async function certificateAuthority(): Promise<Authority> {
  const directory = await mkdtemp(join(tmpdir(), 'faultline-authority-'));
  const openssl = (...args: string[]) => execa('openssl', args, { cwd: directory });
  await openssl(
    'req',
    '-x509',
    ...CURVE,
    '-days',
    '1',
    '-subj',
    '/CN=test authority',
    '-keyout',
    'ca.key',
    '-out',
    'ca.pem',
  );
  return {
    directory,
    caFile: join(directory, 'ca.pem'),
    issue: async (name, days = 1) => {
      await writeFile(join(directory, `${name}.ext`), `subjectAltName=IP:127.0.0.1,DNS:${name}\n`);
      await openssl('req', ...CURVE, '-subj', `/CN=${name}`, '-keyout', `${name}.key`, '-out', `${name}.csr`);
      const signed = ['-CA', 'ca.pem', '-CAkey', 'ca.key', '-CAcreateserial', '-extfile', `${name}.ext`];
      await openssl(
        'x509',
        '-req',
        '-days',
        String(days),
        '-in',
        `${name}.csr`,
        ...signed,
        '-out',
        `${name}.pem`,
      );
      return { certFile: join(directory, `${name}.pem`), keyFile: join(directory, `${name}.key`) };
    },
  };
}
