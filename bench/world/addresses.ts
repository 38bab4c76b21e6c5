/**
 * Where the benchmarks' servers listen: not where the local cluster and the shared servers of the tests do, so that a
 * benchmark can run beside them in one namespace.
 */
export const addresses = {
  controlPlane: '10.77.3.1',
  database: '10.77.3.20',
  operator: '10.77.3.30',
  canal: '10.77.3.40',
  redis: '10.77.3.50',
} as const;
