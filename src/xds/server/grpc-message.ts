/** Longer than this a header would break the client's own limit (8 kB for all of them together, in gRPC's C core). */
const MAX_LENGTH = 2048;

/**
 * `grpc-message`: the text in UTF-8 with all but printable ASCII, and the percent sign, as %XX
 * (https://github.com/grpc/grpc/blob/master/doc/PROTOCOL-HTTP2.md, Status-Message). At most 2,048 characters; what is longer is cut between two characters.
 */
export function encodeGrpcMessage(message: string): string {
  if (message.length <= MAX_LENGTH && ALL_PLAIN.test(message)) return message;
  let encoded = '';
  for (const character of message) {
    const piece = PLAIN.test(character) ? character : escape(character);
    if (encoded.length + piece.length > MAX_LENGTH) break;
    encoded += piece;
  }
  return encoded;
}

const ALL_PLAIN = /^[\x20-\x24\x26-\x7e]*$/;
const PLAIN = /^[\x20-\x24\x26-\x7e]$/;

function escape(character: string): string {
  let escaped = '';
  for (const byte of Buffer.from(character))
    escaped += `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
  return escaped;
}
