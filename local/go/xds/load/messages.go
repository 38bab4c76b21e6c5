package main

import (
	"errors"

	"google.golang.org/grpc/mem"
	"google.golang.org/protobuf/encoding/protowire"
)

// request is a DiscoveryRequest, packed by hand.
func request(nodeID, typeURL, name, version, nonce string) []byte {
	var message []byte
	text := func(number protowire.Number, value string) {
		if value != "" {
			message = protowire.AppendString(protowire.AppendTag(message, number, protowire.BytesType), value)
		}
	}
	text(1, version)
	if nodeID != "" {
		node := protowire.AppendString(protowire.AppendTag(nil, 1, protowire.BytesType), nodeID)
		message = protowire.AppendBytes(protowire.AppendTag(message, 2, protowire.BytesType), node)
	}
	text(3, name)
	text(4, typeURL)
	text(5, nonce)
	return message
}

// response is what is read of a DiscoveryResponse.
type response struct {
	version, nonce string
	bytes          int
}

// rawCodec sends packed messages and reads no more of what comes than a client of the protocol must: what is measured is the server.
type rawCodec struct{}

func (rawCodec) Name() string { return "proto" }

func (rawCodec) Marshal(message any) (mem.BufferSlice, error) {
	return mem.BufferSlice{mem.SliceBuffer(message.([]byte))}, nil
}

func (rawCodec) Unmarshal(data mem.BufferSlice, message any) error {
	buffer := data.MaterializeToBuffer(mem.DefaultBufferPool())
	defer buffer.Free()
	got, rest := message.(*response), buffer.ReadOnlyData()
	got.bytes = len(rest)
	for len(rest) > 0 {
		number, kind, n := protowire.ConsumeTag(rest)
		if n < 0 {
			return errors.New("not a DiscoveryResponse")
		}
		value := rest[n:]
		length := protowire.ConsumeFieldValue(number, kind, value)
		if length < 0 {
			return errors.New("not a DiscoveryResponse")
		}
		if number == 1 || number == 5 {
			content, _ := protowire.ConsumeBytes(value[:length])
			if number == 1 {
				got.version = string(content)
			} else {
				got.nonce = string(content)
			}
		}
		rest = value[length:]
	}
	return nil
}
