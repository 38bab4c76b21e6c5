package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"

	core "github.com/envoyproxy/go-control-plane/envoy/config/core/v3"
	endpoint "github.com/envoyproxy/go-control-plane/envoy/config/endpoint/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/http/router/v3"
	_ "github.com/envoyproxy/go-control-plane/envoy/extensions/filters/network/http_connection_manager/v3"
	"github.com/envoyproxy/go-control-plane/pkg/cache/types"
	"github.com/envoyproxy/go-control-plane/pkg/cache/v3"
	"github.com/envoyproxy/go-control-plane/pkg/resource/v3"
	"google.golang.org/protobuf/types/known/anypb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	"rollcall.dev/local/xds/monotonic"
)

// change is the body of POST /resources.
type change struct {
	Set []struct {
		TypeURL string `json:"typeUrl"`
		// Value is the encoded message.
		Value []byte `json:"value"`
	} `json:"set"`
	Remove []key `json:"remove"`
}

// control answers
//
//	GET  /ready
//	POST /resources  makes one change; the body is a change
//	POST /endpoints?cluster=C&count=N&generation=G  serves an assignment of N endpoints, of which one depends on G
//
// The answer to a POST is {"atNs": T}, the time by the monotonic clock at which the cache was told.
func control(world world) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /ready", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("POST /resources", func(answer http.ResponseWriter, request *http.Request) {
		set, remove, err := readChange(request)
		if err != nil {
			http.Error(answer, err.Error(), http.StatusBadRequest)
			return
		}
		apply(answer, world, set, remove)
	})
	mux.HandleFunc("POST /endpoints", func(answer http.ResponseWriter, request *http.Request) {
		query := request.URL.Query()
		count, countErr := strconv.Atoi(query.Get("count"))
		generation, generationErr := strconv.Atoi(query.Get("generation"))
		if countErr != nil || generationErr != nil {
			http.Error(answer, "count and generation are numbers", http.StatusBadRequest)
			return
		}
		name := query.Get("cluster")
		apply(answer, world, map[key]types.Resource{{resource.EndpointType, name}: assignment(name, count, generation)}, nil)
	})
	return mux
}

func readChange(request *http.Request) (set map[key]types.Resource, remove []key, err error) {
	var body change
	if err := json.NewDecoder(request.Body).Decode(&body); err != nil {
		return nil, nil, err
	}
	set = map[key]types.Resource{}
	for _, one := range body.Set {
		message, err := (&anypb.Any{TypeUrl: one.TypeURL, Value: one.Value}).UnmarshalNew()
		if err != nil {
			return nil, nil, err
		}
		set[key{one.TypeURL, cache.GetResourceName(message)}] = message
	}
	return set, body.Remove, nil
}

func apply(answer http.ResponseWriter, world world, set map[key]types.Resource, remove []key) {
	at := monotonic.NowNs()
	if err := world.apply(set, remove); err != nil {
		http.Error(answer, err.Error(), http.StatusInternalServerError)
		return
	}
	fmt.Fprintf(answer, "{\"atNs\":%d}\n", at)
}

// assignment has `count` endpoints in one locality. The port of the first one depends on the generation.
func assignment(name string, count, generation int) *endpoint.ClusterLoadAssignment {
	endpoints := make([]*endpoint.LbEndpoint, count)
	for number := range endpoints {
		port := uint32(50051)
		if number == 0 {
			port += uint32(generation % 10_000)
		}
		socket := &core.SocketAddress{
			Address:       fmt.Sprintf("10.%d.%d.%d", 128+number/62_500, number/250%250, number%250+1),
			PortSpecifier: &core.SocketAddress_PortValue{PortValue: port},
		}
		endpoints[number] = &endpoint.LbEndpoint{
			HostIdentifier: &endpoint.LbEndpoint_Endpoint{Endpoint: &endpoint.Endpoint{
				Address: &core.Address{Address: &core.Address_SocketAddress{SocketAddress: socket}},
			}},
			HealthStatus:        core.HealthStatus_HEALTHY,
			LoadBalancingWeight: wrapperspb.UInt32(100),
		}
	}
	return &endpoint.ClusterLoadAssignment{
		ClusterName: name,
		Endpoints: []*endpoint.LocalityLbEndpoints{{
			Locality:            &core.Locality{Region: "r", Zone: "a"},
			LoadBalancingWeight: wrapperspb.UInt32(uint32(count * 100)),
			LbEndpoints:         endpoints,
		}},
	}
}
