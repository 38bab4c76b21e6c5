/** Highest sequence number by replication domain of a MariaDB position: '0-1-270,1-1-5' (mariadb.com/kb/en/gtid). */
function domains(position: string): Map<string, number> {
  const highest = new Map<string, number>();
  for (const part of position.split(',')) {
    const [domain = '', , sequence = ''] = part.trim().split('-');
    if (sequence !== '') highest.set(domain, Math.max(highest.get(domain) ?? 0, Number(sequence)));
  }
  return highest;
}

/**
 * True when a MariaDB server at position `now` lacks transactions that it, or its predecessor at this address, had at `before`: a domain
 * is gone or has a lower sequence number. MySQL's sets are compared by its own GTID_SUBSET.
 */
export function mariadbGtidsWentBack(before: string, now: string): boolean {
  const has = domains(now);
  for (const [domain, sequence] of domains(before)) if ((has.get(domain) ?? -1) < sequence) return true;
  return false;
}
