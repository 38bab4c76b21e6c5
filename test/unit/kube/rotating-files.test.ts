import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotatingFiles } from '../../../src/kube/rotating-files.ts';
import { FakeClock } from '../../support/fake-clock.ts';

describe('RotatingFiles', () => {
  let folder: string;
  let file: string;
  const clock = new FakeClock();

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'rotating-'));
    file = join(folder, 'token');
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('answers the same value until the content changed and ten seconds have passed', async () => {
    await writeFile(file, 'one');
    const files = new RotatingFiles([file], ([content]) => ({ content }), clock);
    const first = await files.current();
    await writeFile(file, 'two');
    assert.equal(files.current(), first);
    await clock.advance(10_000);
    assert.deepEqual(await files.current(), { content: 'two' });
    await clock.advance(10_000);
    const again = files.current();
    assert.equal(await again, files.current(), 'not made anew where nothing changed');
  });

  it('reads again at once when told to', async () => {
    await writeFile(file, 'one');
    const files = new RotatingFiles([file], ([content]) => content, clock);
    await files.current();
    await writeFile(file, 'two');
    files.expire();
    assert.equal(await files.current(), 'two');
  });

  it('keeps what it had while the files cannot be read, and rejects when it never had any', async () => {
    await assert.rejects(async () => await new RotatingFiles([file], () => 1, clock).current());
    await writeFile(file, 'one');
    const files = new RotatingFiles([file], ([content]) => content, clock);
    assert.equal(await files.current(), 'one');
    await rm(file);
    await clock.advance(10_000);
    assert.equal(await files.current(), 'one');
  });
});
