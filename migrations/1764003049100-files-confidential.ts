import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Files that were brought for a few people, such as the members of a chat room: who may read all files of the tenant does not read them. */
export class FilesConfidential1764003049100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table files.files add column confidential boolean not null default false`);
    await runner.query(`alter table files.files no force row level security`);
    await runner.query(`alter table files.attachments no force row level security`);
    await runner.query(`update files.files f set confidential = true
      from (select tenant_id, file_id from files.attachments group by tenant_id, file_id
        having bool_and(owner_kind in ('chat-message', 'chat-scheduled'))) a
      where a.tenant_id = f.tenant_id and a.file_id = f.id`);
    await runner.query(`alter table files.attachments force row level security`);
    await runner.query(`alter table files.files force row level security`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table files.files drop column confidential`);
  }
}
