import { rm } from 'node:fs/promises';
import { certificateAuthority, type CertificatePair } from '../../../test/support/certificates.js';
import { specOf } from '../topology.js';
import { startCluster, type Cluster } from './cluster.js';
import { startDatabase, type Database } from './database.js';
import { startNameServer, type NameServer } from './name-server.js';

/** What the services find around them. */
export interface Surroundings {
  names: NameServer;
  cluster: Cluster;
  /** Null where the shop was started without it. */
  database: Database | null;
  /** Certificate of the shop's authority. */
  caFile: string;
  /** What each service with TLS shows: while all is well, and when nobody renewed it. */
  certificates: Record<string, { good: CertificatePair; ended: CertificatePair }>;
  stop: () => Promise<void>;
}

/**
 * Starts the name server, the cluster's API and, if `logsFile` says where it writes, PostgreSQL; issues certificates.
 * @throws Error when openssl or PostgreSQL is not there
 */
export async function startSurroundings(
  services: readonly string[],
  postgres: { logsFile: string } | null,
): Promise<Surroundings> {
  const authority = await certificateAuthority();
  const names = await startNameServer(services);
  const cluster = await startCluster(services.filter((service) => !specOf(service).external));
  const stop = async (database: Database | null): Promise<void> => {
    await Promise.all([names.stop(), cluster.stop(), database?.stop()]);
    await rm(authority.directory, { recursive: true, force: true });
  };
  try {
    const database = postgres && (await startDatabase(postgres.logsFile));
    const certificates: Surroundings['certificates'] = {};
    for (const service of services.filter((one) => specOf(one).tls)) {
      const [good, ended] = [await authority.issue(service), await authority.issue(`${service}-ended`, -1)];
      certificates[service] = { good, ended };
    }
    const { caFile } = authority;
    return { names, cluster, database, caFile, certificates, stop: () => stop(database) };
  } catch (error) {
    await stop(null);
    throw error;
  }
}
