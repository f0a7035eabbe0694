/**
 * Where the dev stack listens, on the loopback address: natively by `faultline dev`, in containers by
 * temporal-dev.yml, which a test holds to these numbers. They are each product's own defaults.
 */
export const DEV_PORTS = {
  temporal: 7233,
  temporalUi: 8233,
  webhook: 8090,
  prometheus: 9090,
  alertmanager: 9093,
} as const;
