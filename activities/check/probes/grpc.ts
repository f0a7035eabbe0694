import { isIP } from 'node:net';
import { credentials, loadPackageDefinition, type ServiceError } from '@grpc/grpc-js';
import { loadSync } from '@grpc/proto-loader';
import { protoPath } from 'grpc-health-check';
import { hostAndPort, type Probe } from './probe.js';

interface HealthClient {
  check(
    request: { service: string },
    options: { deadline: number },
    answer: (error: ServiceError | null, response?: { status: string }) => void,
  ): void;
  close(): void;
}
type HealthClientType = new (address: string, security: object, options: object) => HealthClient;

/** Asks the standard health service of a gRPC server. */
export const grpcProbe: Probe<'grpc'> = async (check, { guard, timeoutMs }) => {
  const { host, port, address } = await guard.endpoint(...hostAndPort(check.target));
  const definition = loadPackageDefinition(loadSync(protoPath, { enums: String })) as unknown as {
    grpc: { health: { v1: { Health: HealthClientType } } };
  };
  const security = check.tls ? credentials.createSsl() : credentials.createInsecure();
  const numeric = isIP(address) === 6 ? `[${address}]` : address;
  const client = new definition.grpc.health.v1.Health(`${numeric}:${port}`, security, {
    'grpc.default_authority': host,
    ...(check.tls && { 'grpc.ssl_target_name_override': host }),
  });
  try {
    const status = await new Promise<string>((resolve, reject) => {
      client.check(
        { service: check.healthService },
        { deadline: Date.now() + timeoutMs },
        (error, response) => {
          if (error) reject(error);
          else resolve(response?.status ?? 'UNKNOWN');
        },
      );
    });
    const of = check.healthService === '' ? `${host}:${port}` : `${check.healthService} at ${host}:${port}`;
    const statement = `${of} says that it is ${status}`;
    return [{ failed: status !== 'SERVING', statement, speaksFor: 'dependency-down' }];
  } finally {
    client.close();
  }
};
