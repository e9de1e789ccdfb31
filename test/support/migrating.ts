import { Client } from 'pg';
import type { QueryRunner } from 'typeorm';
import type { TestDatabase } from './cluster';

/** What migrations are taken back and applied with. */
export interface Migrating {
  /** Connected as the owner, as migrations are. */
  owner: Client;
  /** Connected past every wall, to look and to plant rows. */
  admin: Client;
  /** Hands a migration's statements to the owner's connection. */
  runner: QueryRunner;
}

/** Runs work that takes migrations of a database back or applies them; a fresh one, as others would see it. */
export async function migrating<T>(database: TestDatabase, work: (at: Migrating) => Promise<T>): Promise<T> {
  const owner = new Client({ connectionString: database.ownerUrl });
  const admin = new Client({ connectionString: database.superuserUrl });
  try {
    await Promise.all([owner.connect(), admin.connect()]);
    const runner = { query: async (text: string) => (await owner.query(text)).rows as unknown } as QueryRunner;
    return await work({ owner, admin, runner });
  } finally {
    await Promise.all([owner.end(), admin.end()]);
  }
}
