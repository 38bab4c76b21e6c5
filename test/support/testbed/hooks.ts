import type { RootHookObject } from 'mocha';
import { testbed } from './index.ts';

/** Ends the shared servers after the last test of a mocha process. */
export const mochaHooks: RootHookObject = {
  afterAll: async () => {
    await testbed.dispose();
  },
};
