import { feedConverges } from '../../contract/feed-convergence.ts';
import { poll } from '../../support/feed-kinds/poll.ts';
import { onEachDatabase } from '../../support/open-registry.ts';

onEachDatabase('Poll', (flavor) => feedConverges(flavor, poll));
