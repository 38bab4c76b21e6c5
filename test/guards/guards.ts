import type { Guard } from './guard.ts';
import { rule1 } from './rule-1.ts';
import { rule2 } from './rule-2.ts';
import { rule3 } from './rule-3.ts';
import { rule4 } from './rule-4.ts';
import { rule5 } from './rule-5.ts';
import { rule5Feeds } from './rule-5-feeds.ts';
import { rule6 } from './rule-6.ts';
import { rule7 } from './rule-7.ts';
import { rule8 } from './rule-8.ts';

/** Every safety rule, with what keeps it. */
export const guards: readonly Guard[] = [
  ...rule1,
  ...rule2,
  ...rule3,
  ...rule4,
  ...rule5,
  ...rule5Feeds,
  ...rule6,
  ...rule7,
  ...rule8,
];
