// An xDS server made of go-control-plane, as its documentation shows it: what the conformance suite and the benchmark compare with.
// What it serves is told over HTTP (see control.go).
package main

import (
	"context"
	"flag"
	"log"
	"net"
	"net/http"

	cluster "github.com/envoyproxy/go-control-plane/envoy/service/cluster/v3"
	discovery "github.com/envoyproxy/go-control-plane/envoy/service/discovery/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/service/endpoint/v3"
	listener "github.com/envoyproxy/go-control-plane/envoy/service/listener/v3"
	route "github.com/envoyproxy/go-control-plane/envoy/service/route/v3"
	"github.com/envoyproxy/go-control-plane/pkg/server/v3"
	"google.golang.org/grpc"
)

func main() {
	xdsAddress := flag.String("xds", "127.0.0.1:18000", "address and port of the xDS server")
	controlAddress := flag.String("control", "127.0.0.1:18001", "address and port that takes resources")
	kind := flag.String("cache", "snapshot", "snapshot (one for all nodes, in ADS mode) or linear (one for each type)")
	flag.Parse()

	var world world
	switch *kind {
	case "snapshot":
		world = newSnapshotWorld()
	case "linear":
		world = newLinearWorld()
	default:
		log.Fatalf("--cache is snapshot or linear, not %s", *kind)
	}

	xds := server.NewServer(context.Background(), world.cache(), nil)
	grpcServer := grpc.NewServer()
	discovery.RegisterAggregatedDiscoveryServiceServer(grpcServer, xds)
	listener.RegisterListenerDiscoveryServiceServer(grpcServer, xds)
	route.RegisterRouteDiscoveryServiceServer(grpcServer, xds)
	cluster.RegisterClusterDiscoveryServiceServer(grpcServer, xds)
	endpoint.RegisterEndpointDiscoveryServiceServer(grpcServer, xds)

	socket, err := net.Listen("tcp", *xdsAddress)
	if err != nil {
		log.Fatal(err)
	}
	go func() { log.Fatal(http.ListenAndServe(*controlAddress, control(world))) }()
	log.Fatal(grpcServer.Serve(socket))
}
