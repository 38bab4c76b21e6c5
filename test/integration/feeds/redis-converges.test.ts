import { feedConverges } from '../../contract/feed-convergence.ts';
import { redisKind } from '../../support/feed-kinds/redis.ts';

describe('Redis', () => feedConverges('mariadb', redisKind()));
