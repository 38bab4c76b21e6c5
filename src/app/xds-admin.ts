import { clientsReport } from '../xds/admin/clients.ts';
import { readConfigQuery, readService } from '../xds/admin/queries.ts';
import { configReport } from '../xds/admin/resources.ts';
import type { StreamListing } from '../xds/engine/listing.ts';
import type { XdsWorld } from '../xds/world/xds-world.ts';
import {
  type HttpAnswer,
  HttpEndpoint,
  type HttpEndpointOptions,
  type HttpRoute,
  plain,
} from '../telemetry/http.ts';

export interface XdsAdminOptions extends Omit<HttpEndpointOptions, 'routes'> {
  readonly replica: string;
  readonly world: Pick<XdsWorld, 'get' | 'all' | 'ownerOf' | 'entry'>;
  /** All streams of this replica as they are now. */
  readonly list: () => readonly StreamListing[];
}

/**
 * GET /xds/clients and /xds/config: who is connected, and who is shown what. It names clients and addresses, and asks nobody who they are: by default it
 * listens on the loopback interface of the pod, which those reach who may exec into it or forward its ports.
 */
export function xdsAdminEndpoint({ replica, world, list, ...http }: XdsAdminOptions): HttpEndpoint {
  const clients: HttpRoute = (params) => {
    const read = readService(params);
    if (!read.ok) return plain(400, `${read.problem}\n`);
    const filter = { service: read.query, ownerOf: world.ownerOf.bind(world) };
    return json(clientsReport(replica, list(), filter));
  };
  const config: HttpRoute = (params) => {
    const read = readConfigQuery(params);
    if (!read.ok) return plain(400, `${read.problem}\n`);
    return json(configReport(replica, world, list(), read.query));
  };
  return new HttpEndpoint({
    ...http,
    routes: new Map([
      ['/xds/clients', clients],
      ['/xds/config', config],
    ]),
  });
}

function json(value: unknown): HttpAnswer {
  return { status: 200, contentType: 'application/json', body: `${JSON.stringify(value)}\n` };
}
