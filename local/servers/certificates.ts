import { writeFile } from 'node:fs/promises';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { Unavailable } from '../components/component.ts';
import { mustRun, onPath } from '../lib/run.ts';
import { newWorkDir } from './work-dir.ts';

/** One certificate and its key, as PEM files. */
export interface CertificateFiles {
  readonly certFile: string;
  readonly keyFile: string;
}

/** An authority of one's own. */
export interface CertificateAuthority {
  readonly caFile: string;
  /** Issues a certificate for DNS names, addresses and URIs; the first is its common name. */
  issue(names: readonly string[]): Promise<CertificateFiles>;
}

const newKey = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes'];

/** Makes a certificate authority with the openssl program. Throws {@link Unavailable} when there is none. */
export async function createCertificateAuthority(name = 'test authority'): Promise<CertificateAuthority> {
  if (!(await onPath('openssl'))) throw new Unavailable('The program openssl is missing: install openssl.');
  const folder = newWorkDir('certificates');
  const caFile = join(folder, 'ca.crt');
  const caKey = join(folder, 'ca.key');
  const extensions = ['-addext', 'keyUsage=critical,keyCertSign,cRLSign'];
  const subject = ['-subj', `/CN=${name}`, '-days', '30'];
  await mustRun('openssl', [
    'req',
    '-x509',
    ...newKey,
    '-keyout',
    caKey,
    '-out',
    caFile,
    ...subject,
    ...extensions,
  ]);

  let issued = 0;
  const issue = async (names: readonly string[]) => {
    const base = join(folder, `${++issued}`);
    const [certFile, keyFile, request, settings] = [
      `${base}.crt`,
      `${base}.key`,
      `${base}.csr`,
      `${base}.ext`,
    ];
    const alternatives = names.map((alternative) => `${kindOf(alternative)}:${alternative}`);
    await writeFile(
      settings,
      `subjectAltName=${alternatives.join(',')}\nextendedKeyUsage=serverAuth,clientAuth\nbasicConstraints=CA:FALSE\n`,
    );
    const forName = ['-subj', `/CN=${names[0] ?? 'nobody'}`];
    await mustRun('openssl', ['req', ...newKey, '-keyout', keyFile, '-out', request, ...forName]);
    const signing = ['-CA', caFile, '-CAkey', caKey, '-CAcreateserial', '-days', '30', '-extfile', settings];
    await mustRun('openssl', ['x509', '-req', '-in', request, '-out', certFile, ...signing]);
    return { certFile, keyFile };
  };
  return { caFile, issue };
}

function kindOf(alternative: string): string {
  if (alternative.includes('://')) return 'URI';
  return isIP(alternative) ? 'IP' : 'DNS';
}
