import type { CliCommand } from './command';

interface Entry {
  /** Shown in the list; the command's own `summary` says the same. */
  summary: string;
  load: () => Promise<{ command: CliCommand }>;
}

/** Every command, in the order of the help. A further one is a file in `commands/` and a line here. */
export const COMMANDS: Record<string, Entry> = {
  doctor: {
    summary: 'check everything a start needs and say how to repair it',
    load: () => import('./commands/doctor.js'),
  },
  status: {
    summary: 'whether the server runs, and the state of its database',
    load: () => import('./commands/status.js'),
  },
  'config:check': {
    summary: 'check the settings and show the ones in force',
    load: () => import('./commands/config-check.js'),
  },
  migrate: { summary: 'bring the database up to this release', load: () => import('./commands/migrate.js') },
  'migrate:status': { summary: 'which migrations are applied', load: () => import('./commands/migrate-status.js') },
  seed: { summary: 'fill an empty database with the demo shop', load: () => import('./commands/seed.js') },
  import: {
    summary: 'import products, customers and orders from CSV files',
    load: () => import('./commands/import.js'),
  },
  export: { summary: 'export products or customers as CSV', load: () => import('./commands/export.js') },
  'roads:import': {
    summary: 'make the road network of an OpenStreetMap extract',
    load: () => import('./commands/roads-import.js'),
  },
  'user:create': {
    summary: 'create a user: an operator, or the owner of an organization',
    load: () => import('./commands/user-create.js'),
  },
  'user:password': {
    summary: "set a user's password and end all of its sessions",
    load: () => import('./commands/user-password.js'),
  },
  'keys:list': { summary: 'the keys that sign access tokens', load: () => import('./commands/keys-list.js') },
  'keys:rotate': {
    summary: 'let the next key sign access tokens from now on',
    load: () => import('./commands/keys-rotate.js'),
  },
  'keys:revoke': {
    summary: 'void a key that others may hold, and all tokens that it signed',
    load: () => import('./commands/keys-revoke.js'),
  },
  'deliveries:list': {
    summary: 'reactions, timers and jobs that wait or are dead',
    load: () => import('./commands/deliveries-list.js'),
  },
  'deliveries:replay': {
    summary: 'let dead deliveries run again',
    load: () => import('./commands/deliveries-replay.js'),
  },
  'deliveries:backfill': {
    summary: 'let a reaction run for events that happened before it existed',
    load: () => import('./commands/deliveries-backfill.js'),
  },
  'backup:create': {
    summary: 'write all data into one file, as of one moment',
    load: () => import('./commands/backup-create.js'),
  },
  'backup:verify': {
    summary: 'check that a backup is whole and unchanged',
    load: () => import('./commands/backup-verify.js'),
  },
  'backup:restore': {
    summary: 'bring a backup into an empty database, and verify it',
    load: () => import('./commands/backup-restore.js'),
  },
  'audit:verify': {
    summary: 'compute the audit trail again and name the first entry that is not as it was sealed',
    load: () => import('./commands/audit-verify.js'),
  },
  'audit:export': {
    summary: 'write the audit trail of an organization to a file',
    load: () => import('./commands/audit-export.js'),
  },
  'ledger:verify': {
    summary: 'compute the ledger again and name the first journal that is not as it was sealed',
    load: () => import('./commands/ledger-verify.js'),
  },
  'ledger:backfill': {
    summary: 'post imported orders to the ledger, each once',
    load: () => import('./commands/ledger-backfill.js'),
  },
  'openapi:export': { summary: 'write the API document', load: () => import('./commands/openapi-export.js') },
};
