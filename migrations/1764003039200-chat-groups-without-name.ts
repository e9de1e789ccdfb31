import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A group need not have a name: clients call it by its members. */
export class ChatGroupsWithoutName1764003039200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await runner.query(
      `alter table chat.rooms add constraint rooms_name_by_type check (type = 'group' or (type = 'direct') = (name is null))`,
    );
    await runner.query('alter table chat.rooms drop constraint rooms_check1');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table chat.rooms no force row level security');
    await runner.query(`update chat.rooms set name = 'Group' where type = 'group' and name is null`);
    await runner.query('alter table chat.rooms force row level security');
    await runner.query(`alter table chat.rooms add constraint rooms_check1 check ((type = 'direct') = (name is null))`);
    await runner.query('alter table chat.rooms drop constraint rooms_name_by_type');
  }
}
