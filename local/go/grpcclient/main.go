// A greeter client on grpc-go, with the command line of local/peers/greeter-client.ts. It packs the two small
// messages of local/proto/greeter.proto by hand, so that no generated code is needed.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"time"

	"google.golang.org/grpc"
	"google.golang.org/grpc/credentials"
	"google.golang.org/grpc/credentials/insecure"
	xdscreds "google.golang.org/grpc/credentials/xds"
	_ "google.golang.org/grpc/health" // healthCheckConfig needs it
	"google.golang.org/grpc/keepalive"
	"google.golang.org/grpc/resolver/dns"
	"google.golang.org/grpc/status"
	_ "google.golang.org/grpc/xds" // targets that begin with xds:
	"google.golang.org/protobuf/encoding/protowire"
)

const method = "/rollcall.demo.v1.Greeter/SayHello"

func main() {
	policy := flag.String("policy", "round_robin", "load balancing policy")
	calls := flag.Int("calls", 0, "calls to make; 0: no limit")
	rate := flag.Float64("rate", 0, "calls a second; 0: one after the other")
	duration := flag.Float64("duration", 0, "seconds to call for; 0: no limit")
	timeout := flag.Float64("timeout", 5, "seconds a call may take")
	waitForReady := flag.Bool("wait-for-ready", false, "wait for a connection instead of failing at once")
	summary := flag.Bool("summary", false, "print one line of totals instead of a line a call")
	ca := flag.String("ca", "", "file of the certificate authority; plain text without it")
	authority := flag.String("authority", "", "name to expect in the server's certificate")
	minResolution := flag.Int("min-resolution-ms", 0, "least time between two lookups of the name; 0: grpc-go's own")
	noRetries := flag.Bool("no-retries", false, "retry nothing")
	keepaliveMs := flag.Int("keepalive-ms", 0, "ask a connection that is silent for so long for a sign of life")
	healthCheck := flag.Bool("health-check", false, "leave out servers that are not SERVING by grpc.health.v1")
	xdsCredentials := flag.Bool("xds-credentials", false, "TLS as the xDS server configures it, else what it would be without")
	target := parseTarget()
	if target == "" || (*calls == 0 && *duration == 0) {
		fmt.Fprintln(os.Stderr, "usage: greeter-client-go TARGET --calls N | --duration SECONDS [--policy P] [--rate R] [--summary]")
		os.Exit(2)
	}

	creds := insecure.NewCredentials()
	if *ca != "" {
		var err error
		if creds, err = credentials.NewClientTLSFromFile(*ca, ""); err != nil {
			fail(err)
		}
	}
	if *xdsCredentials {
		var err error
		if creds, err = xdscreds.NewClientCredentials(xdscreds.ClientOptions{FallbackCreds: creds}); err != nil {
			fail(err)
		}
	}
	options := []grpc.DialOption{
		grpc.WithTransportCredentials(creds),
		grpc.WithDefaultServiceConfig(serviceConfig(*policy, *healthCheck)),
		grpc.WithDefaultCallOptions(grpc.ForceCodec(rawCodec{})),
	}
	if *authority != "" {
		options = append(options, grpc.WithAuthority(*authority))
	}
	if *keepaliveMs > 0 {
		every := time.Duration(*keepaliveMs) * time.Millisecond
		options = append(options, grpc.WithKeepaliveParams(keepalive.ClientParameters{Time: every, Timeout: every / 2}))
	}
	if *noRetries {
		options = append(options, grpc.WithDisableRetry())
	}
	if *minResolution > 0 {
		dns.SetMinResolutionInterval(time.Duration(*minResolution) * time.Millisecond)
	}
	conn, err := grpc.NewClient(target, options...)
	if err != nil {
		fail(err)
	}
	defer conn.Close()

	call := func(number int) result {
		ctx, cancel := context.WithTimeout(context.Background(), seconds(*timeout))
		defer cancel()
		var reply []byte
		err := conn.Invoke(ctx, method, packString(fmt.Sprintf("go-%d", number)), &reply, grpc.WaitForReady(*waitForReady))
		at := time.Now().UTC().Format("2006-01-02T15:04:05.000Z")
		if err != nil {
			return result{Code: int(status.Code(err)), Error: status.Convert(err).Message(), At: at}
		}
		server, address := unpackReply(reply)
		return result{Server: server, Address: address, OK: true, At: at}
	}
	report := runCalls(call, *calls, seconds(*duration), *rate, !*summary)
	if *summary {
		print(report)
	}
}

func serviceConfig(policy string, healthCheck bool) string {
	health := ""
	if healthCheck {
		health = `,"healthCheckConfig":{"serviceName":""}`
	}
	return fmt.Sprintf(`{"loadBalancingConfig":[{%q:{}}]%s}`, policy, health)
}

// result is one line of output.
type result struct {
	Server  string `json:"server,omitempty"`
	Address string `json:"address,omitempty"`
	OK      bool   `json:"ok"`
	Code    int    `json:"code,omitempty"`
	Error   string `json:"error,omitempty"`
	At      string `json:"at"`
}

// totals is the only line of output with --summary.
type totals struct {
	Calls   int            `json:"calls"`
	OK      int            `json:"ok"`
	Failed  int            `json:"failed"`
	Servers map[string]int `json:"servers"`
	Codes   map[int]int    `json:"codes"`
}

func runCalls(call func(int) result, calls int, duration time.Duration, rate float64, each bool) totals {
	sum := totals{Servers: map[string]int{}, Codes: map[int]int{}}
	results := make(chan result, 16)
	start := time.Now()
	started, open := 0, 0
	collect := func(r result) {
		open--
		sum.Calls++
		if r.OK {
			sum.OK++
			sum.Servers[r.Server]++
		} else {
			sum.Failed++
			sum.Codes[r.Code]++
		}
		if each {
			print(r)
		}
	}
	for (calls == 0 || started < calls) && (duration == 0 || time.Since(start) < duration) {
		if rate > 0 {
			due := start.Add(time.Duration(float64(started) / rate * float64(time.Second)))
			for wait := time.Until(due); wait > 0; wait = time.Until(due) {
				select {
				case r := <-results:
					collect(r)
				case <-time.After(wait):
				}
			}
		} else {
			for open > 0 {
				collect(<-results)
			}
		}
		number := started
		started++
		open++
		go func() { results <- call(number) }()
	}
	for open > 0 {
		collect(<-results)
	}
	return sum
}

// parseTarget reads the flags wherever the target stands among them.
func parseTarget() string {
	flag.Parse()
	target := flag.Arg(0)
	if flag.NArg() > 1 {
		if err := flag.CommandLine.Parse(flag.Args()[1:]); err != nil {
			fail(err)
		}
	}
	return target
}

func seconds(value float64) time.Duration { return time.Duration(value * float64(time.Second)) }

func print(line any) {
	text, err := json.Marshal(line)
	if err != nil {
		fail(err)
	}
	fmt.Println(string(text))
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(1)
}

// packString is a message whose field 1 is a string.
func packString(name string) []byte {
	return protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), name)
}

// unpackReply reads fields 1 (server) and 2 (address).
func unpackReply(message []byte) (server, address string) {
	fields := map[protowire.Number]string{}
	for len(message) > 0 {
		number, kind, n := protowire.ConsumeTag(message)
		if n < 0 || kind != protowire.BytesType {
			break
		}
		message = message[n:]
		value, n := protowire.ConsumeString(message)
		if n < 0 {
			break
		}
		fields[number] = value
		message = message[n:]
	}
	return fields[1], fields[2]
}

// rawCodec passes messages that are packed already.
type rawCodec struct{}

// Name is what goes into the content type: what is sent is a proto message, whoever packed it.
func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(message any) ([]byte, error) { return message.([]byte), nil }

func (rawCodec) Unmarshal(data []byte, message any) error {
	*message.(*[]byte) = append([]byte(nil), data...)
	return nil
}
