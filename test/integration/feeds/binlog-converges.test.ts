import { feedConverges } from '../../contract/feed-convergence.ts';
import { binlog } from '../../support/feed-kinds/binlog.ts';
import { onEachDatabase } from '../../support/open-registry.ts';

onEachDatabase('every fault', (flavor) => feedConverges(flavor, binlog));
