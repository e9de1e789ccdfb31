import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Lets the owner read every walled table that was made before walls said so themselves, for backups. */
export class KernelBackupPolicies1764001700300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const { name } of await this.walled(runner, 'not exists'))
      await runner.query(`create policy backup on ${name} for select to current_user using (true)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const { name } of await this.walled(runner, 'exists')) await runner.query(`drop policy backup on ${name}`);
  }

  private async walled(runner: QueryRunner, which: 'exists' | 'not exists'): Promise<{ name: string }[]> {
    return (await runner.query(
      `select c.oid::regclass::text as name from pg_class c join pg_namespace n on n.oid = c.relnamespace
       where c.relrowsecurity and c.relkind in ('r', 'p') and c.relowner = (select oid from pg_roles where rolname = current_user)
         and ${which} (select from pg_policy p where p.polrelid = c.oid and p.polname = 'backup') order by 1`,
    )) as { name: string }[];
  }
}
