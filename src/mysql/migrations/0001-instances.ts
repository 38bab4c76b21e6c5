import type { Migration } from './migration.ts';

/**
 * The tables of docs/sql.md: instances and their beats. TIMESTAMP, not DATETIME: writers in any time zone mean the same instant. Every
 * TIMESTAMP has its default spelled out, because old servers give the first one of a table ON UPDATE by themselves.
 */
export const instances: Migration = {
  version: 1,
  title: 'instances and heartbeats',
  statements: (collation) => [
    `CREATE TABLE IF NOT EXISTS \`instances\` (
      \`id\` BIGINT UNSIGNED NOT NULL AUTO_INCREMENT,
      \`service\` VARCHAR(253) NOT NULL,
      \`instance_id\` VARCHAR(128) NOT NULL,
      \`address\` VARCHAR(253) NOT NULL,
      \`port\` INT UNSIGNED NOT NULL,
      \`weight\` INT UNSIGNED NOT NULL DEFAULT 100,
      \`region\` VARCHAR(63) NULL,
      \`zone\` VARCHAR(63) NULL,
      \`status\` ENUM('UP', 'DRAINING', 'DOWN') NOT NULL DEFAULT 'UP',
      \`metadata\` JSON NULL,
      \`ttl_ms\` INT UNSIGNED NULL COMMENT 'NULL: static, never expires',
      \`owner\` VARCHAR(253) NULL COMMENT 'NULL: written by plain SQL',
      \`created_at\` TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      \`updated_at\` TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6) ON UPDATE CURRENT_TIMESTAMP(6),
      PRIMARY KEY (\`id\`),
      UNIQUE KEY \`service_instance\` (\`service\`, \`instance_id\`),
      KEY \`updated_at\` (\`updated_at\`, \`id\`)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`,
    `CREATE TABLE IF NOT EXISTS \`heartbeats\` (
      \`instance\` BIGINT UNSIGNED NOT NULL,
      \`expires_at\` TIMESTAMP(6) NOT NULL DEFAULT CURRENT_TIMESTAMP(6),
      PRIMARY KEY (\`instance\`),
      KEY \`expires_at\` (\`expires_at\`)
    ) ENGINE = InnoDB DEFAULT CHARACTER SET utf8mb4 COLLATE ${collation}`,
  ],
};
