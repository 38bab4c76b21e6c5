import { feedConverges } from '../../contract/feed-convergence.ts';
import { trigger } from '../../support/feed-kinds/trigger.ts';
import { onEachDatabase } from '../../support/open-registry.ts';

onEachDatabase('every fault', (flavor) => feedConverges(flavor, trigger));
