import { RetryableError } from '../../src/lib/errors.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { TableReader } from '../support/table-reader.ts';
import { registryReaderContract } from './registry-reader.ts';

registryReaderContract('a table in memory', () => {
  const clock = new FakeClock();
  const table = new TableReader(clock);
  return Promise.resolve({
    reader: table,
    put: async (service, instanceId, fields = {}) => {
      table.put(service, instanceId, { ...fields, beats: false });
      await clock.advance(1);
    },
    remove: (service, instanceId) => {
      table.remove(service, instanceId);
      return Promise.resolve();
    },
    beat: (service, instanceId, ms) => {
      table.beat(service, instanceId, ms);
      return Promise.resolve();
    },
    replaceServer: () => Promise.resolve(void (table.server.serverId = 'two')),
    cut: () => void (table.fault = new RetryableError('cut off')),
    mend: () => void (table.fault = null),
    close: () => Promise.resolve(),
  });
});
