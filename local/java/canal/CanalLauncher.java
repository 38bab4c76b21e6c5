import com.alibaba.otter.canal.common.zookeeper.running.ServerRunningData;
import com.alibaba.otter.canal.common.zookeeper.running.ServerRunningListener;
import com.alibaba.otter.canal.common.zookeeper.running.ServerRunningMonitor;
import com.alibaba.otter.canal.common.zookeeper.running.ServerRunningMonitors;
import com.alibaba.otter.canal.instance.manager.CanalInstanceWithManager;
import com.alibaba.otter.canal.instance.manager.model.Canal;
import com.alibaba.otter.canal.instance.manager.model.CanalParameter;
import com.alibaba.otter.canal.parse.inbound.mysql.MysqlEventParser;
import com.alibaba.otter.canal.server.embedded.CanalServerWithEmbedded;
import com.alibaba.otter.canal.server.exception.CanalServerException;
import com.alibaba.otter.canal.server.netty.CanalServerWithNetty;
import com.google.common.collect.MigrateMap;
import java.net.InetSocketAddress;
import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.Properties;

/**
 * Starts a canal-server, as com.alibaba.otter.canal.deployer does: its jar with the settings is only in Canal's release archive. Settings
 * are system properties (-Dcanal.port=11111); what is not named here has the default of Canal's own conf/.
 */
public final class CanalLauncher {
  private static final Properties SETTINGS = System.getProperties();

  public static void main(String[] args) throws Exception {
    CanalServerWithEmbedded server = CanalServerWithEmbedded.instance();
    server.setCanalInstanceGenerator(CanalLauncher::instance);
    if (SETTINGS.containsKey("canal.user")) {
      server.setUser(SETTINGS.getProperty("canal.user"));
      server.setPasswd(mysqlPasswordHash(SETTINGS.getProperty("canal.password")));
    }
    ServerRunningMonitors.setServerData(new ServerRunningData(SETTINGS.getProperty("canal.ip")));
    ServerRunningMonitors.setRunningMonitors(MigrateMap.makeComputingMap(name -> monitor(server, (String) name)));
    server.start();
    for (String destination : destinations()) ServerRunningMonitors.getRunningMonitor(destination).start();
    CanalServerWithNetty netty = CanalServerWithNetty.instance();
    netty.setIp(SETTINGS.getProperty("canal.ip"));
    netty.setPort(Integer.getInteger("canal.port"));
    netty.start();
    if (SETTINGS.containsKey("canal.retryMs")) retryEvery(Long.getLong("canal.retryMs"));
  }

  /** Canal waits for 10 to 20 s before it connects to its database again. Tests cannot; so that wait is cut short, and nothing else. */
  private static void retryEvery(long ms) throws InterruptedException {
    while (true) {
      Thread.sleep(ms);
      Thread.getAllStackTraces().forEach((thread, stack) -> {
        boolean waits = stack.length > 0 && stack[0].getMethodName().startsWith("sleep")
            && Arrays.stream(stack).limit(4).anyMatch(
                frame -> frame.getClassName().startsWith("com.alibaba.otter.canal.parse.inbound.AbstractEventParser"));
        if (waits) thread.interrupt();
      });
    }
  }

  private static List<String> destinations() {
    return List.of(SETTINGS.getProperty("canal.destinations").split(","));
  }

  /** A destination is started when somebody first asks for it, known or not: this is what a client of an unknown one runs into. */
  private static ServerRunningMonitor monitor(CanalServerWithEmbedded server, String destination) {
    ServerRunningMonitor monitor = new ServerRunningMonitor(ServerRunningMonitors.getServerData());
    monitor.setDestination(destination);
    monitor.setListener(
        new ServerRunningListener() {
          @Override
          public void processStart() {}

          @Override
          public void processStop() {}

          @Override
          public void processActiveEnter() {
            server.start(destination);
          }

          @Override
          public void processActiveExit() {
            server.stop(destination);
          }
        });
    return monitor;
  }

  private static CanalInstanceWithManager instance(String destination) {
    int index = destinations().indexOf(destination);
    if (index < 0) throw new CanalServerException("can't find destination:" + destination);
    CanalParameter parameter = new CanalParameter();
    parameter.setMetaMode(CanalParameter.MetaMode.MEMORY);
    parameter.setIndexMode(CanalParameter.IndexMode.MEMORY_META_FAILBACK);
    parameter.setStorageMode(CanalParameter.StorageMode.MEMORY);
    parameter.setStorageBatchMode(CanalParameter.BatchMode.MEMSIZE);
    parameter.setMemoryStorageBufferSize(16384);
    parameter.setMemoryStorageBufferMemUnit(1024);
    parameter.setSourcingType(CanalParameter.SourcingType.MYSQL);
    parameter.setHaMode(CanalParameter.HAMode.HEARTBEAT);
    parameter.setDbAddresses(
        List.of(new InetSocketAddress(SETTINGS.getProperty("db.host"), Integer.getInteger("db.port"))));
    parameter.setDbUsername(SETTINGS.getProperty("db.user"));
    parameter.setDbPassword(SETTINGS.getProperty("db.password"));
    parameter.setSlaveId(Long.getLong("canal.slaveId") + index);
    parameter.setTsdbEnable(false);
    parameter.setDetectingEnable(false);
    parameter.setConnectionCharset("UTF-8");
    parameter.setConnectionCharsetNumber((byte) 33);
    Canal canal = new Canal();
    canal.setId((long) index + 1);
    canal.setName(destination);
    canal.setCanalParameter(parameter);
    CanalInstanceWithManager instance = new CanalInstanceWithManager(canal, ".*\\..*");
    // canal.auto.reset.latest.pos.mode: where the position is gone it goes on at the end.
    ((MysqlEventParser) instance.getEventParser()).setAutoResetLatestPosMode(true);
    return instance;
  }

  /** SHA1(SHA1(password)) in hexadecimal digits: what canal.passwd holds, and mysql.user of old. */
  private static String mysqlPasswordHash(String password) throws Exception {
    MessageDigest sha1 = MessageDigest.getInstance("SHA-1");
    StringBuilder text = new StringBuilder();
    for (byte b : sha1.digest(sha1.digest(password.getBytes("UTF-8")))) text.append(String.format("%02x", b));
    return text.toString();
  }
}
