/** The command `demo` of `npm run shell`: hands its words to the running npm start and prints the answer. */
import { connect } from 'node:net';
import { controlSocket } from './names.ts';

const words = process.argv.slice(2);
const socket = connect(controlSocket, () => socket.write(`${words.join(' ') || 'help'}\n`));
socket.on('error', (error) => {
  console.error(`npm start does not answer: ${error.message}`);
  process.exitCode = 1;
});
socket.pipe(process.stdout);
