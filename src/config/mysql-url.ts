import { bad, good, type Kind, type Parsed } from './kind.ts';
import type { DatabaseConfig } from './migrate-config.ts';

const FORM = 'is not of the form mysql://USER:PASSWORD@HOST:PORT/DATABASE';

/** `mysql://USER:PASSWORD@HOST:PORT/DATABASE`, percent-encoded; the port is 3306 by default, the password may be missing. */
export const mysqlUrl: Kind<DatabaseConfig> = {
  type: 'URL',
  placeholder: 'mysql://USER:PASSWORD@HOST:PORT/DATABASE',
  list: false,
  parse: (given) => {
    const url = URL.parse(given);
    if (url === null) return bad(`${FORM} (write @ : / ? # % in a password as %40 %3A %2F %3F %23 %25)`);
    if (url.protocol !== 'mysql:') return bad(FORM);
    if (url.search !== '' || url.hash !== '')
      return bad('has options after the database; use the flags instead');
    return parts(url);
  },
};

function parts(url: URL): Parsed<DatabaseConfig> {
  const user = decoded(url.username);
  const password = decoded(url.password);
  const database = decoded(url.pathname.slice(1));
  if (user === null || password === null || database === null) return bad('has a % that starts no %XX');
  if (user === '') return bad('names no user');
  if (url.hostname === '') return bad('names no host');
  if (database === '' || database.includes('/')) return bad('does not end in /DATABASE');
  const host = url.hostname.replace(/^\[(.*)\]$/, '$1');
  const port = url.port === '' ? 3306 : Number(url.port);
  return good(Object.freeze({ host, port, database, user, password }));
}

function decoded(part: string): string | null {
  try {
    return decodeURIComponent(part);
  } catch (error) {
    if (error instanceof URIError) return null;
    throw error;
  }
}
