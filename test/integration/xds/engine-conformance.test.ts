import { xdsConformance } from '../../contract/xds-conformance.ts';
import { startEngine } from '../../support/xds/engine-subject.ts';

describe('the engine over the real codec and transport', () => {
  xdsConformance('Rollcall', startEngine);
});
