// Runs `local/<command>.ts` on a fresh checkout of a fresh machine: installs the dependencies when package-lock.json
// has changed, finds the fitting Node among them, and hands everything over to it.
//
// Plain JavaScript without imports of packages, because it is the one file that must run on whatever Node (>= 18)
// the machine has, before anything else is there.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, lstatSync, mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const modules = join(root, 'node_modules');
const node = join(modules, '.bin', 'node');
const stamp = join(modules, '.rollcall-package-lock');
const oldestNode = [22, 19];

main();

function main() {
  const [command, ...args] = process.argv.slice(2);
  const commands = readdirSync(join(root, 'local'))
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -'.ts'.length));
  checkPlatform();
  installDependencies();
  checkNode();
  if (!command || !commands.includes(command)) {
    stop(`Say what to run: node local/bootstrap.mjs <${commands.join('|')}> [arguments].`);
  }
  handOver(command, args);
}

/** Ends with one sentence that says what to do. */
function stop(message) {
  console.error(message);
  process.exit(1);
}

function checkPlatform() {
  if (process.platform !== 'linux') {
    stop(
      `Rollcall's local cluster needs Linux network namespaces, which ${process.platform} does not have: run this in a Linux virtual machine or container (for example with Lima, Multipass or WSL 2).`,
    );
  }
  if (!['x64', 'arm64'].includes(process.arch)) {
    stop(`Rollcall's local cluster runs on x64 and arm64 Linux only; this machine is ${process.arch}.`);
  }
}

function installDependencies() {
  const lock = readFileSync(join(root, 'package-lock.json'), 'utf8');
  const hash = createHash('sha256').update(lock).digest('hex');
  const isStamped = () => existsSync(stamp) && readFileSync(stamp, 'utf8') === hash;
  if (isStamped()) return;
  const unlock = lockInstalling();
  try {
    if (!isStamped()) install(lock, hash);
  } finally {
    unlock();
  }
}

function install(lock, hash) {
  if (!alreadyInstalled(JSON.parse(lock))) {
    // npm ci would empty the folder that it leads to, which is somebody else's.
    if (lstatSync(modules, { throwIfNoEntry: false })?.isSymbolicLink()) {
      stop(
        'node_modules is a symbolic link to packages of other versions: remove it, they are then installed here.',
      );
    }
    console.error('Installing the dependencies with npm ci ...');
    const { status, error } = spawnSync('npm', ['ci', '--no-audit', '--no-fund', '--loglevel=error'], {
      cwd: root,
      stdio: ['ignore', 'inherit', 'inherit'],
    });
    if (error) stop(`npm could not be run (${error.message}): install Node.js with npm.`);
    if (status !== 0) stop(`npm ci failed with exit code ${status}: its own message above says why.`);
  }
  mkdirSync(modules, { recursive: true });
  writeFileSync(stamp, hash);
}

/** Two that are started at once must not both tear the packages down. A lock whose holder is gone is taken over. */
function lockInstalling() {
  const file = join(root, '.installing');
  for (let told = false; ; told = true) {
    try {
      writeFileSync(file, `${process.pid}`, { flag: 'wx' });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    const holder = readText(file);
    if (holder !== '' && !existsSync(`/proc/${holder}`)) rmSync(file, { force: true });
    else if (!told) console.error('Waiting for another run that installs the dependencies ...');
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 200);
  }
}

/** Whether a plain `npm install` has already brought what the lock file lists: then nothing is torn down for it. */
function alreadyInstalled(lock) {
  const hidden = join(modules, '.package-lock.json');
  if (!existsSync(hidden)) return false;
  const installed = JSON.parse(readFileSync(hidden, 'utf8')).packages;
  return Object.entries(lock.packages).every(
    ([path, entry]) =>
      path === '' ||
      entry.link ||
      installed[path]?.version === entry.version ||
      (entry.optional && !installed[path]),
  );
}

function checkNode() {
  const { stdout } = spawnSync(node, ['--version'], { encoding: 'utf8' });
  const [major = 0, minor = 0] = (stdout ?? '').replace('v', '').split('.').map(Number);
  if (major > oldestNode[0] || (major === oldestNode[0] && minor >= oldestNode[1])) return;
  stop(
    `node_modules/.bin/node is ${stdout?.trim() || 'missing'}, but Node ${oldestNode.join('.')} or later is needed: run npm ci with install scripts allowed (npm config get ignore-scripts must say false).`,
  );
}

function handOver(command, args) {
  const env = {
    ...process.env,
    PATH: `${join(modules, '.bin')}:${process.env.PATH}`,
    ROLLCALL_PARENT: `${process.pid}`,
  };
  const child = spawn(node, [join(root, 'local', `${command}.ts`), ...args], { stdio: 'inherit', env });

  // Ctrl-C in a terminal reaches the whole process group by itself; twice would mean "do not wait for a clean stop".
  process.on('SIGINT', () => process.stdin.isTTY || child.kill('SIGINT'));
  for (const signal of ['SIGTERM', 'SIGHUP', 'SIGQUIT']) process.on(signal, () => child.kill(signal));

  const watch = process.env.npm_lifecycle_event ? watchNpm(() => child.kill()) : undefined;

  child.on('error', (error) => stop(`${node} could not be started: ${error.message}.`));
  child.on('exit', (code, signal) => {
    clearInterval(watch);
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT']) process.removeAllListeners(name);
    // The screen of npm start, killed, could not put the terminal right.
    if (signal && command === 'start' && process.stdout.isTTY) {
      process.stdout.write('\u001b[?7h\u001b[?25h\u001b[?1049l');
    }
    if (signal) process.kill(process.pid, signal);
    else process.exitCode = code ?? 1;
  });
}

/** npm killed with -9 cannot hand on a signal: its end is noticed by our getting another parent, or the shell between. */
function watchNpm(onEnd) {
  const shell = /^(sh|bash|dash|ash|busybox)$/.test(readProc(process.ppid, 'comm').trim())
    ? process.ppid
    : undefined;
  const ancestors = () =>
    `${process.ppid} ${shell ? readProc(shell, 'stat').split(') ').at(-1).split(' ')[1] : ''}`;
  const before = ancestors();
  return setInterval(() => ancestors() === before || onEnd(), 500);
}

function readProc(pid, file) {
  return readText(`/proc/${pid}/${file}`);
}

/** '' of a file that is not there (any more). */
function readText(file) {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}
