import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { access, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { checksumFor, download } from '../../../local/components/download.ts';
import { mustRun } from '../../../local/lib/run.ts';

const task = { update: () => undefined };

describe('a published checksum', () => {
  const url = 'https://releases.example/v1/tool-linux-amd64.tar.gz';
  const cases = [
    { name: 'alone in its file', text: 'abc123\n' },
    { name: 'in a list, by name', text: 'fff  other.tar.gz\nabc123  tool-linux-amd64.tar.gz\n' },
    {
      name: 'in a list, with the mark of a binary file',
      text: 'fff *other.tar.gz\nabc123 *tool-linux-amd64.tar.gz\n',
    },
  ];
  for (const { name, text } of cases)
    it(`is found ${name}`, () => assert.equal(checksumFor(url, text), 'abc123'));
  it('is not taken from another file', () =>
    assert.equal(checksumFor(url, 'fff  a.tgz\neee  b.tgz\n'), undefined));
});

describe('a download', () => {
  const files = new Map<string, Buffer | string>();
  let server: Server;
  let base: string;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rollcall-download-'));
    files.clear();
    server = createServer((request, response) => {
      const content = files.get(request.url ?? '');
      response.writeHead(content === undefined ? 404 : 200).end(content);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });

  afterEach(async () => {
    server.close();
    await rm(folder, { recursive: true });
  });

  const publish = (path: string, content: Buffer | string) => {
    files.set(path, content);
    files.set(`${path}.sha256`, createHash('sha256').update(content).digest('hex'));
    return { url: base + path, checksumUrl: `${base}${path}.sha256`, binary: 'tool' };
  };

  it('becomes a program', async () => {
    await download(publish('/tool', 'content'), folder, task);
    assert.equal(await readFile(join(folder, 'tool'), 'utf8'), 'content');
    assert.equal((await stat(join(folder, 'tool'))).mode & 0o777, 0o755);
  });

  it('is taken out of its archive', async () => {
    await mustRun('sh', ['-c', 'cd "$1" && mkdir d && echo inside >d/t && tar -czf a.tgz d', 'sh', folder]);
    const release = publish('/a.tgz', await readFile(join(folder, 'a.tgz')));
    await download({ ...release, member: 'd/t' }, folder, task);
    assert.equal(await readFile(join(folder, 'tool'), 'utf8'), 'inside\n');
  });

  it('with another checksum than the published one is refused and not kept', async () => {
    const release = publish('/tool', 'content');
    files.set('/tool', 'something else');
    await assert.rejects(download(release, folder, task), /has the sha256 \w+, but \w+ was published/);
    await assert.rejects(access(join(folder, 'tool')));
  });

  it('that is not there says which file', async () => {
    const release = publish('/tool', 'content');
    files.delete('/tool');
    await assert.rejects(download(release, folder, task), /\/tool answered 404/);
  });
});
