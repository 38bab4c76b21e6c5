import type { ApiServer } from '../../local/servers/api-server.ts';

/** Write requests that the API server has answered since its start, those that changed nothing included. */
export interface ApiWrites {
  readonly slices: number;
  readonly services: number;
  /** Of GrpcServices and Registries. */
  readonly status: number;
}

const writing = /verb="(POST|PUT|PATCH|APPLY|DELETE|DELETECOLLECTION)"/;

/** Reads them from apiserver_request_total. */
export async function apiWrites(apiServer: ApiServer): Promise<ApiWrites> {
  const text = await apiServer.request<string>('GET', '/metrics');
  const lines = text
    .split('\n')
    .filter((line) => line.startsWith('apiserver_request_total{') && writing.test(line));
  const count = (...resources: readonly string[]) =>
    lines
      .filter((line) => resources.some((resource) => line.includes(`resource="${resource}"`)))
      .reduce((sum, line) => sum + Number(line.slice(line.lastIndexOf(' '))), 0);
  return {
    slices: count('endpointslices'),
    services: count('services'),
    status: count('grpcservices', 'registries'),
  };
}
