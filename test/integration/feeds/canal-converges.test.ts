import { feedConverges } from '../../contract/feed-convergence.ts';
import { canal } from '../../support/feed-kinds/canal.ts';
import { needs } from '../../support/testbed/index.ts';

describe('Canal', () => {
  before(function () {
    needs(this, 'canal');
  });

  feedConverges('mariadb', canal);
});
