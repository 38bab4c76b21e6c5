/**
 * The import rules of docs/architecture.md, enforced by `npm test`.
 * main -> app -> adapters (kube, mysql, feeds, telemetry) -> engines (controller) -> pure (desired, slices) -> registry -> model; all -> lib.
 */
const vendorOnlyIn = (name, vendor, home) => ({
  name: `${name}-only-in-its-adapter`,
  comment: `${vendor} is imported by ${home} alone: vendor types stop at the adapter.`,
  severity: 'error',
  from: { path: '^src/', pathNot: home },
  to: { path: `^node_modules/${vendor}(/|$)` },
});

/** Nothing below may import anything above; `layer` may import only `allowed` of ours. */
const layer = (name, path, allowed) => ({
  name: `${name}-imports-go-down`,
  comment: `${path} may import only ${allowed.join(', ')} of this project.`,
  severity: 'error',
  from: { path: `^src/${path}/` },
  to: { path: '^src/', pathNot: [`^src/${path}/`, ...allowed.map((folder) => `^src/${folder}/`)] },
});

module.exports = {
  forbidden: [
    { name: 'no-circular', severity: 'error', from: {}, to: { circular: true } },
    {
      name: 'no-orphans',
      severity: 'error',
      from: { orphan: true, path: '^src/', pathNot: '^src/main' },
      to: {},
    },
    {
      name: 'no-undeclared-dependency',
      severity: 'error',
      from: { path: '^(src|bench|local|test)/' },
      to: { dependencyTypes: ['npm-no-pkg', 'npm-unknown'] },
    },
    {
      name: 'no-dev-dependency-in-src',
      severity: 'error',
      from: { path: '^src/' },
      to: { dependencyTypes: ['npm-dev'] },
    },
    {
      name: 'src-never-imports-test',
      severity: 'error',
      from: { path: '^src/' },
      to: { path: '^(test|local|bench)/' },
    },
    {
      name: 'only-app-and-cli-wire-adapters',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/(main\\.ts|app/|cli/|kube/|mysql/|feeds/|telemetry/)' },
      to: { path: '^src/(kube|mysql|feeds|telemetry)/' },
    },
    layer('model', 'model', []),
    layer('lib', 'lib', []),
    layer('registry', 'registry', ['model', 'lib']),
    layer('desired', 'desired', ['registry', 'model', 'lib']),
    layer('slices', 'slices', ['desired', 'registry', 'model', 'lib']),
    layer('controller', 'controller', ['desired', 'slices', 'registry', 'model', 'lib']),
    layer('xds', 'xds', ['controller', 'desired', 'registry', 'model', 'lib']),
    layer('config', 'config', ['model', 'lib']),
    layer('telemetry', 'telemetry', ['controller', 'xds', 'registry', 'model', 'lib']),
    layer('kube', 'kube', ['controller', 'slices', 'desired', 'registry', 'model', 'lib']),
    layer('mysql', 'mysql', ['registry', 'model', 'lib']),
    layer('feeds', 'feeds', ['registry', 'model', 'lib']),
    {
      name: 'pure-stays-pure',
      comment: 'Decisions have no clock, no I/O, no log and no vendor type.',
      severity: 'error',
      from: { path: '^src/(desired|slices|model|xds/resources)/' },
      to: { dependencyTypes: ['core', 'npm'], pathNot: '^(node:)?crypto$|ipaddr' },
    },
    {
      name: 'http2-only-in-the-transport',
      comment: 'gRPC over HTTP/2 is spoken by src/xds/server alone.',
      severity: 'error',
      from: { path: '^src/', pathNot: '^src/xds/server/' },
      to: { path: '^(node:)?http2$' },
    },
    vendorOnlyIn('mysql2', 'mysql2', '^src/mysql/'),
    vendorOnlyIn('client-node', '@kubernetes/client-node', '^src/kube/'),
    vendorOnlyIn('undici', 'undici', '^src/kube/'),
    vendorOnlyIn('redis', 'redis', '^src/feeds/redis/'),
    vendorOnlyIn('zongji', '@vlasky/zongji', '^src/feeds/binlog/'),
    vendorOnlyIn('winston', 'winston', '^src/telemetry/'),
    vendorOnlyIn('prom-client', 'prom-client', '^src/telemetry/'),
    vendorOnlyIn('protobufjs', 'protobufjs', '^src/(feeds/canal|xds/codec)/'),
    vendorOnlyIn('commander', 'commander', '^src/(main\\.ts|cli/|config/)'),
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsConfig: { fileName: 'tsconfig.json' },
    tsPreCompilationDeps: true,
    enhancedResolveOptions: {
      exportsFields: ['exports'],
      conditionNames: ['import', 'node', 'default', 'types'],
    },
  },
};
