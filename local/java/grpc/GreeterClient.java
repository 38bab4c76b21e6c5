import io.grpc.CallOptions;
import io.grpc.ChannelCredentials;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import io.grpc.TlsChannelCredentials;
import io.grpc.stub.ClientCalls;
import io.grpc.stub.StreamObserver;
import io.grpc.xds.XdsChannelCredentials;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.File;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Phaser;
import java.util.concurrent.TimeUnit;

/**
 * A greeter client on grpc-java, with the command line of local/peers/greeter-client.ts. It packs the two small messages of
 * local/proto/greeter.proto by hand, so that no generated code is needed.
 */
public final class GreeterClient {
  private static final List<String> SWITCHES =
      List.of("--wait-for-ready", "--summary", "--no-retries", "--health-check", "--xds-credentials");

  private static final MethodDescriptor<byte[], byte[]> SAY_HELLO =
      MethodDescriptor.newBuilder(new Bytes(), new Bytes())
          .setType(MethodDescriptor.MethodType.UNARY)
          .setFullMethodName("rollcall.demo.v1.Greeter/SayHello")
          .build();

  private final Map<String, String> flags = new HashMap<>();
  private final Map<String, Integer> servers = new TreeMap<>();
  private final Map<Integer, Integer> codes = new TreeMap<>();
  private final Phaser open = new Phaser(1);
  private String target;
  private int ok;
  private int failed;

  public static void main(String[] args) throws Exception {
    GreeterClient client = new GreeterClient();
    for (int i = 0; i < args.length; i++) {
      if (!args[i].startsWith("--")) client.target = args[i];
      else client.flags.put(args[i], SWITCHES.contains(args[i]) ? "" : args[++i]);
    }
    if (client.target == null || !(client.has("--calls") || client.has("--duration"))) {
      System.err.println("usage: GreeterClient TARGET --calls N | --duration SECONDS [--policy P] [--rate R] [--summary]");
      System.exit(2);
    }
    client.run();
    // The resolvers' threads may not be daemons.
    System.exit(0);
  }

  private void run() throws Exception {
    ManagedChannel channel = openChannel();
    long calls = (long) number("--calls", Long.MAX_VALUE);
    double durationNs = number("--duration", 1e9) * 1e9;
    double rate = number("--rate", 0);
    long start = System.nanoTime();
    for (long index = 0; index < calls && System.nanoTime() - start < durationNs; index++) {
      if (rate > 0) {
        long wait = start + (long) (index / rate * 1e9) - System.nanoTime();
        if (wait > 0) TimeUnit.NANOSECONDS.sleep(wait);
      }
      CountDownLatch done = call(channel, index);
      if (rate == 0) done.await();
    }
    open.arriveAndAwaitAdvance();
    if (has("--summary")) {
      System.out.println(
          "{\"calls\":" + (ok + failed) + ",\"ok\":" + ok + ",\"failed\":" + failed + ",\"servers\":" + json(servers)
              + ",\"codes\":" + json(codes) + "}");
    }
    channel.shutdownNow();
  }

  private ManagedChannel openChannel() throws IOException {
    ChannelCredentials credentials =
        has("--ca")
            ? TlsChannelCredentials.newBuilder().trustManager(new File(flags.get("--ca"))).build()
            : InsecureChannelCredentials.create();
    if (has("--xds-credentials")) credentials = XdsChannelCredentials.create(credentials);
    Map<String, Object> config = new HashMap<>();
    config.put("loadBalancingConfig", List.of(Map.of(flags.getOrDefault("--policy", "round_robin"), Map.of())));
    if (has("--health-check")) config.put("healthCheckConfig", Map.of("serviceName", ""));
    ManagedChannelBuilder<?> builder = Grpc.newChannelBuilder(target, credentials).defaultServiceConfig(config);
    if (has("--authority")) builder.overrideAuthority(flags.get("--authority"));
    if (has("--no-retries")) builder.disableRetry();
    if (has("--keepalive-ms")) {
      long every = (long) number("--keepalive-ms", 0);
      builder.keepAliveTime(every, TimeUnit.MILLISECONDS).keepAliveTimeout(every / 2, TimeUnit.MILLISECONDS);
    }
    return builder.build();
  }

  private CountDownLatch call(ManagedChannel channel, long index) {
    CallOptions options =
        CallOptions.DEFAULT.withDeadlineAfter((long) (number("--timeout", 5) * 1000), TimeUnit.MILLISECONDS);
    if (has("--wait-for-ready")) options = options.withWaitForReady();
    CountDownLatch done = new CountDownLatch(1);
    open.register();
    ClientCalls.asyncUnaryCall(
        channel.newCall(SAY_HELLO, options),
        packName("java-" + index),
        new StreamObserver<byte[]>() {
          private byte[] reply;

          @Override
          public void onNext(byte[] message) {
            reply = message;
          }

          @Override
          public void onError(Throwable error) {
            Status status = Status.fromThrowable(error);
            end(() -> failed(status.getCode().value(), status.getDescription()));
          }

          @Override
          public void onCompleted() {
            end(() -> answered(reply));
          }

          private void end(Runnable count) {
            count.run();
            done.countDown();
            open.arriveAndDeregister();
          }
        });
    return done;
  }

  private synchronized void answered(byte[] reply) {
    String[] fields = unpackReply(reply);
    ok++;
    servers.merge(fields[1], 1, Integer::sum);
    say("{\"server\":" + quoted(fields[1]) + ",\"address\":" + quoted(fields[2]) + ",\"ok\":true");
  }

  private synchronized void failed(int code, String description) {
    failed++;
    codes.merge(code, 1, Integer::sum);
    say("{\"ok\":false,\"code\":" + code + ",\"error\":" + quoted(description == null ? "" : description));
  }

  private void say(String line) {
    if (!has("--summary")) System.out.println(line + ",\"at\":\"" + Instant.now().truncatedTo(ChronoUnit.MILLIS) + "\"}");
  }

  private boolean has(String flag) {
    return flags.containsKey(flag);
  }

  private double number(String flag, double otherwise) {
    return has(flag) ? Double.parseDouble(flags.get(flag)) : otherwise;
  }

  /** A message whose field 1 is a text of less than 128 bytes. */
  private static byte[] packName(String name) {
    byte[] text = name.getBytes(StandardCharsets.UTF_8);
    ByteArrayOutputStream message = new ByteArrayOutputStream();
    message.write(0x0a);
    message.write(text.length);
    message.writeBytes(text);
    return message.toByteArray();
  }

  /** The fields of a reply by their numbers: 1 is the server, 2 its address. Reads as far as they are texts of less than 128 bytes. */
  private static String[] unpackReply(byte[] message) {
    String[] fields = {"", "", "", ""};
    for (int at = 0; at + 1 < message.length && message[at + 1] >= 0; ) {
      int field = message[at] >> 3;
      int length = message[at + 1];
      if (field > 0 && field < fields.length) fields[field] = new String(message, at + 2, length, StandardCharsets.UTF_8);
      at += 2 + length;
    }
    return fields;
  }

  private static String json(Map<?, Integer> counts) {
    StringBuilder text = new StringBuilder("{");
    counts.forEach(
        (key, count) -> text.append(text.length() > 1 ? "," : "").append(quoted(key.toString())).append(':').append(count));
    return text.append('}').toString();
  }

  private static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    for (char letter : text.toCharArray()) {
      if (letter == '"' || letter == '\\') quoted.append('\\').append(letter);
      else if (letter < ' ') quoted.append(String.format("\\u%04x", (int) letter));
      else quoted.append(letter);
    }
    return quoted.append('"').toString();
  }

  /** Messages that are packed already. */
  private static final class Bytes implements MethodDescriptor.Marshaller<byte[]> {
    @Override
    public InputStream stream(byte[] message) {
      return new ByteArrayInputStream(message);
    }

    @Override
    public byte[] parse(InputStream stream) {
      try {
        return stream.readAllBytes();
      } catch (IOException error) {
        throw Status.INTERNAL.withCause(error).asRuntimeException();
      }
    }
  }
}
