// Many clients of an xDS server in one process, which do as little as they can: subscribe to one name, acknowledge what comes, and note when
// it came. One JSON object a line, for each version that every stream has, and when it is told to stop (SIGTERM, or the end of its input)
// for those that not every stream has:
//
//	{"version": "7", "streams": 1000, "bytes": 29650, "firstNs": "...", "medianNs": "...", "p99Ns": "...", "lastNs": "..."}
//
// Times are of the monotonic clock (package monotonic), in nanoseconds. A stream that breaks ends the program, with exit code 1.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"slices"
	"sync"
	"syscall"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials/insecure"
	"rollcall.dev/local/xds/monotonic"
)

const method = "/envoy.service.discovery.v3.AggregatedDiscoveryService/StreamAggregatedResources"

func main() {
	target := flag.String("target", "127.0.0.1:18000", "address and port of the xDS server")
	streams := flag.Int("streams", 1000, "ADS streams in all")
	connections := flag.Int("connections", 100, "connections that they are spread over")
	typeURL := flag.String("type", "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment", "type to subscribe to")
	name := flag.String("name", "", "resource to subscribe to")
	flag.Parse()

	tally := &tally{streams: *streams, received: map[string]*receipts{}}
	ctx := context.Background()
	for number := range *connections {
		conn, err := grpc.NewClient("passthrough:///"+*target,
			grpc.WithTransportCredentials(insecure.NewCredentials()),
			grpc.WithDefaultCallOptions(grpc.ForceCodecV2(rawCodec{}), grpc.MaxCallRecvMsgSize(64<<20)))
		if err != nil {
			log.Fatal(err)
		}
		for one := number; one < *streams; one += *connections {
			go func() { log.Fatal(follow(ctx, conn, fmt.Sprintf("load-%d", one), *typeURL, *name, tally)) }()
		}
	}
	untilTold()
	tally.printRest()
}

// follow keeps one stream until it breaks.
func follow(ctx context.Context, conn *grpc.ClientConn, nodeID, typeURL, name string, tally *tally) error {
	stream, err := conn.NewStream(ctx, &grpc.StreamDesc{ServerStreams: true, ClientStreams: true}, method)
	if err != nil {
		return err
	}
	if err := stream.SendMsg(request(nodeID, typeURL, name, "", "")); err != nil {
		return err
	}
	for {
		var got response
		if err := stream.RecvMsg(&got); err != nil {
			return fmt.Errorf("%s: %w", nodeID, err)
		}
		tally.add(got, monotonic.NowNs())
		if err := stream.SendMsg(request("", typeURL, name, got.version, got.nonce)); err != nil {
			return err
		}
	}
}

// tally holds when which stream received what.
type tally struct {
	streams  int
	mutex    sync.Mutex
	received map[string]*receipts
}

type receipts struct {
	bytes int
	times []int64
}

func (t *tally) add(got response, at int64) {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	of := t.received[got.version]
	if of == nil {
		of = &receipts{bytes: got.bytes, times: make([]int64, 0, t.streams)}
		t.received[got.version] = of
	}
	of.times = append(of.times, at)
	if len(of.times) == t.streams {
		of.print(got.version)
		delete(t.received, got.version)
	}
}

// printRest prints those that not every stream has.
func (t *tally) printRest() {
	t.mutex.Lock()
	defer t.mutex.Unlock()
	for version, of := range t.received {
		of.print(version)
	}
}

func (r *receipts) print(version string) {
	slices.Sort(r.times)
	at := func(share float64) int64 { return r.times[min(len(r.times)-1, int(share*float64(len(r.times))))] }
	line := map[string]any{
		"version": version, "streams": len(r.times), "bytes": r.bytes,
		// As texts: they are larger than what every reader of JSON keeps exact.
		"firstNs": fmt.Sprint(at(0)), "medianNs": fmt.Sprint(at(0.5)), "p99Ns": fmt.Sprint(at(0.99)), "lastNs": fmt.Sprint(at(1)),
	}
	if err := json.NewEncoder(os.Stdout).Encode(line); err != nil {
		log.Fatal(err)
	}
}

func untilTold() {
	told := make(chan os.Signal, 1)
	signal.Notify(told, syscall.SIGTERM, os.Interrupt)
	go func() {
		_, _ = io.Copy(io.Discard, os.Stdin)
		told <- os.Interrupt
	}()
	<-told
}
