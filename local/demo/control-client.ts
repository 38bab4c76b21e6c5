/** The command `demo` of `npm run shell`: hands its words to the running npm start, prints the answer and ends as that says. */
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Answer } from './control.ts';
import { controlSocket } from './names.ts';

try {
  const socket = connect(controlSocket, () => socket.write(`${process.argv.slice(2).join(' ') || 'help'}\n`));
  const answer = JSON.parse(await text(socket)) as Answer;
  (answer.code === 0 ? console.log : console.error)(answer.text);
  process.exitCode = answer.code;
} catch (error) {
  console.error(`npm start does not answer: ${error instanceof Error ? error.message : String(error)}`);
  process.exitCode = 1;
}
