import type { HttpFilter, Listener } from '../codec/generated/messages.ts';
import { OVER_ADS } from './proto.ts';

/** The last filter of every listener; gRPC refuses one without it (gRFC A39). */
export const ROUTER: HttpFilter = {
  name: 'envoy.filters.http.router',
  typedConfig: { '@type': 'type.googleapis.com/envoy.extensions.filters.http.router.v3.Router' },
};

/** What a gRPC client asks for first: the name that it was told to dial, and where its routes are. */
export function apiListener(name: string, routeName: string): Listener {
  return {
    name,
    apiListener: {
      apiListener: {
        '@type':
          'type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager',
        rds: { configSource: OVER_ADS, routeConfigName: routeName },
        httpFilters: [ROUTER],
      },
    },
  };
}
