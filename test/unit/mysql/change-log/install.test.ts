import assert from 'node:assert/strict';
import { asScript } from '../../../../src/mysql/change-log/install.ts';

describe('the statements of a change log as a script', () => {
  it('end with a delimiter that none of them has in it', () => {
    const statements = ['CREATE TRIGGER a BEGIN x; END', 'DROP TRIGGER `a$$b`'];
    const [first = '', ...lines] = asScript(statements).split('\n');
    const delimiter = first.replace('DELIMITER ', '');
    assert.deepEqual(lines, [...statements.map((text) => text + delimiter), 'DELIMITER ;', '']);
    assert.ok(!statements.join().includes(delimiter), delimiter);
  });

  it('use the customary one where they can', () => {
    assert.equal(asScript(['DROP TABLE a']), 'DELIMITER $$\nDROP TABLE a$$\nDELIMITER ;\n');
  });
});
