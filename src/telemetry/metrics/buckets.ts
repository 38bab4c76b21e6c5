/** controller-runtime's buckets of controller_runtime_reconcile_time_seconds (pkg/internal/controller/metrics). */
export const RECONCILE_SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.25, 1.5,
  1.75, 2, 2.5, 3, 3.5, 4, 4.5, 5, 6, 7, 8, 9, 10, 15, 20, 25, 30, 40, 50, 60,
];

/** Powers of ten as in controller-runtime's work queue, without the nanoseconds that no timer here can tell. */
export const QUEUE_SECONDS: readonly number[] = [1e-5, 1e-4, 1e-3, 1e-2, 0.1, 1, 10, 100, 1000];

/** client-go's buckets of rest_client_request_duration_seconds (component-base/metrics/prometheus/restclient). */
export const REQUEST_SECONDS: readonly number[] = [0.005, 0.025, 0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60];

/** Reads of a database and lists of the API server: from a millisecond to a minute. */
export const READ_SECONDS: readonly number[] = [
  0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];

/** Even steps up to a poll interval of 1 s, where most changes fall; coarse above. */
export const PROPAGATION_SECONDS: readonly number[] = [
  0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 1, 1.1, 1.25, 1.5, 2, 3, 5, 10, 30,
  60, 300,
];

/** How many of something one sync changed: 0, then powers of two as in the EndpointSlice controller. */
export const PER_SYNC: readonly number[] = [
  0, 1, 2, 4, 8, 16, 32, 64, 128, 256, 512, 1024, 2048, 4096, 8192, 16_384,
];

/** A client's answer to a response: half a millisecond on one machine, seconds for one that is busy. */
export const ACK_SECONDS: readonly number[] = [
  0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60,
];
