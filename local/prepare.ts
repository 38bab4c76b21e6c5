/** Fills the cache and says what is in it: `node local/bootstrap.mjs prepare [component ...]`. */
import { availability, components, prepare, type ComponentName } from './components/index.ts';
import { Progress } from './lib/progress.ts';

const isName = (name: string): name is ComponentName => name in components;
const wanted = process.argv.slice(2).filter(isName);
const names = wanted.length > 0 ? wanted : (Object.keys(components) as ComponentName[]);
try {
  await prepare(new Progress(), names);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exitCode = 1;
}
for (const name of names) {
  const found = availability(name);
  console.log(`${name}: ${'folder' in found ? found.folder : `not available: ${found.unavailable}`}`);
}
