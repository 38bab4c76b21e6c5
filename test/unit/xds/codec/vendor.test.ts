import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(import.meta.dirname, '../../../..');
const vendor = join(root, 'proto/vendor');
const upstream = join(root, 'node_modules/@grpc/grpc-js-xds');

describe('the vendored protos', () => {
  it('are those of the package and the version that proto/README.md names, unchanged', () => {
    const { version } = JSON.parse(readFileSync(join(upstream, 'package.json'), 'utf8')) as {
      version: string;
    };
    assert.ok(readFileSync(join(root, 'proto/README.md'), 'utf8').includes(` ${version} `), version);
    const files = globSync('**/*.proto', { cwd: vendor });
    assert.ok(files.length > 80, `${files.length} files`);
    for (const file of files) {
      assert.equal(
        readFileSync(join(vendor, file), 'utf8'),
        readFileSync(join(upstream, 'deps', file), 'utf8'),
        file,
      );
    }
  });

  it('have the licence of each upstream beside them', () => {
    for (const folder of globSync('*', { cwd: vendor })) {
      assert.match(readFileSync(join(vendor, folder, 'LICENSE'), 'utf8'), /Apache License\s+Version 2\.0/);
    }
  });
});
