"""Talks to the echo of test/support/rpc-server.ts as gRPC's C core does, and prints one line of JSON for each thing that it tried."""

import json
import sys
import threading

import grpc

target = sys.argv[1]
same = lambda data: data


def say(what, **fields):
    print(json.dumps({"what": what, **fields}), flush=True)


def status(error):
    return {"code": error.code().name, "details": error.details()}


def echo(channel, sizes):
    """Sends one message of each size, each when the one before has come back."""
    back = threading.Semaphore(1)

    def requests():
        for size in sizes:
            back.acquire()
            yield b"x" * size

    call = channel.stream_stream("/test.Echo/Echo", same, same)(requests())
    got = []
    for reply in call:
        got.append(len(reply))
        back.release()
        if len(got) == len(sizes):
            call.cancel()
            break
    return got


with grpc.insecure_channel(target) as channel:
    say("echo", sizes=echo(channel, [0, 1, 16384, 100000, 3000000]))
    for path in ["/test.Echo/Missing", "/test.Echo/Refused"]:
        try:
            next(channel.stream_stream(path, same, same)(iter([b"x"])))
        except grpc.RpcError as error:
            say(path, **status(error))
    try:
        next(channel.stream_stream("/test.Echo/Silent", same, same)(iter([]), timeout=0.3))
    except grpc.RpcError as error:
        say("deadline", **status(error))

with grpc.insecure_channel(target, compression=grpc.Compression.Gzip) as channel:
    try:
        next(channel.stream_stream("/test.Echo/Echo", same, same)(iter([b"x" * 1000])))
    except grpc.RpcError as error:
        say("gzip", **status(error))

with grpc.insecure_channel(target) as channel:
    call = channel.stream_stream("/test.Echo/Echo", same, same)(iter([b"last"]))
    say("open", first=next(call).decode())
    try:
        next(call)
    except grpc.RpcError as error:
        say("stop", **status(error))
