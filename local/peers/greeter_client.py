"""A greeter client on Python's grpcio, with the command line of greeter-client.ts.

It packs the two small messages of local/proto/greeter.proto by hand, so that no generated code is needed.
"""

import argparse
import collections
import concurrent.futures
import datetime
import json
import sys
import time

import grpc

METHOD = "/rollcall.demo.v1.Greeter/SayHello"


def parse_arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("target")
    parser.add_argument("--policy", default="round_robin")
    parser.add_argument("--calls", type=int, default=0)
    parser.add_argument("--rate", type=float, default=0)
    parser.add_argument("--duration", type=float, default=0)
    parser.add_argument("--timeout", type=float, default=5)
    parser.add_argument("--wait-for-ready", action="store_true")
    parser.add_argument("--summary", action="store_true")
    parser.add_argument("--ca")
    parser.add_argument("--authority")
    parser.add_argument("--min-resolution-ms", type=int)
    parser.add_argument("--no-retries", action="store_true")
    parser.add_argument("--keepalive-ms", type=int)
    parser.add_argument("--health-check", action="store_true")
    parser.add_argument("--xds-credentials", action="store_true")
    arguments = parser.parse_args()
    if not arguments.calls and not arguments.duration:
        parser.error("--calls or --duration is needed")
    return arguments


def open_channel(arguments):
    service_config = {"loadBalancingConfig": [{arguments.policy: {}}]}
    if arguments.health_check:
        service_config["healthCheckConfig"] = {"serviceName": ""}
    options = [
        ("grpc.service_config", json.dumps(service_config)),
        ("grpc.enable_http_proxy", 0),
    ]
    if arguments.authority:
        options.append(("grpc.default_authority", arguments.authority))
    if arguments.min_resolution_ms is not None:
        options.append(("grpc.dns_min_time_between_resolutions_ms", arguments.min_resolution_ms))
    if arguments.no_retries:
        options.append(("grpc.enable_retries", 0))
    if arguments.keepalive_ms is not None:
        options.append(("grpc.keepalive_time_ms", arguments.keepalive_ms))
        options.append(("grpc.keepalive_timeout_ms", arguments.keepalive_ms // 2))
        # A ping of grpc-core's own that is under way stands in for that of keepalive, and would wait for 60 s.
        options.append(("grpc.http2.ping_timeout_ms", arguments.keepalive_ms // 2))
    credentials = None
    if arguments.ca:
        with open(arguments.ca, "rb") as file:
            credentials = grpc.ssl_channel_credentials(file.read())
        if arguments.authority:
            options.append(("grpc.ssl_target_name_override", arguments.authority))
    if arguments.xds_credentials:
        # What it falls back to is plain text by default.
        credentials = grpc.xds_channel_credentials(*([credentials] if credentials else []))
    if not credentials:
        return grpc.insecure_channel(arguments.target, options)
    return grpc.secure_channel(arguments.target, credentials, options)


def varint(data, position):
    value = shift = 0
    while True:
        byte = data[position]
        position += 1
        value |= (byte & 0x7F) << shift
        shift += 7
        if byte < 0x80:
            return value, position


def pack_request(name):
    data = name.encode()
    assert len(data) < 128
    return bytes([0x0A, len(data)]) + data


def unpack_reply(data):
    """Gives fields 1 (server) and 2 (address); all fields are strings."""
    fields, position = {}, 0
    while position < len(data):
        tag, position = varint(data, position)
        length, position = varint(data, position)
        fields[tag >> 3] = data[position : position + length].decode()
        position += length
    return fields.get(1, ""), fields.get(2, "")


def make_call(say_hello, arguments, number):
    result = {}
    try:
        server, address = say_hello(
            f"python-{number}", timeout=arguments.timeout, wait_for_ready=arguments.wait_for_ready
        )
        result = {"server": server, "address": address, "ok": True}
    except grpc.RpcError as error:
        result = {"ok": False, "code": error.code().value[0], "error": error.details()}
    now = datetime.datetime.now(datetime.timezone.utc)
    return {**result, "at": now.isoformat(timespec="milliseconds").replace("+00:00", "Z")}


def run_calls(call, arguments, on_result):
    start = time.monotonic()
    number = 0
    with concurrent.futures.ThreadPoolExecutor(64) as pool:
        waiting = []
        while (not arguments.calls or number < arguments.calls) and (
            not arguments.duration or time.monotonic() - start < arguments.duration
        ):
            if not arguments.rate:
                on_result(call(number))
            else:
                time.sleep(max(0, start + number / arguments.rate - time.monotonic()))
                waiting.append(pool.submit(lambda index=number: on_result(call(index))))
            number += 1
        for future in waiting:
            future.result()


def main():
    arguments = parse_arguments()
    results = []

    def on_result(result):
        results.append(result)
        if not arguments.summary:
            sys.stdout.write(json.dumps(result) + "\n")
            sys.stdout.flush()

    with open_channel(arguments) as channel:
        say_hello = channel.unary_unary(METHOD, request_serializer=pack_request, response_deserializer=unpack_reply)
        run_calls(lambda number: make_call(say_hello, arguments, number), arguments, on_result)
    if arguments.summary:
        ok = [result for result in results if result["ok"]]
        failed = [result for result in results if not result["ok"]]
        summary = {
            "calls": len(results),
            "ok": len(ok),
            "failed": len(failed),
            "servers": collections.Counter(result["server"] for result in ok),
            "codes": collections.Counter(result["code"] for result in failed),
        }
        print(json.dumps(summary))


if __name__ == "__main__":
    main()
