import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable } from '../src/kernel/database/migration-kit';

/** Sign-ins that wait until the user has said which other session ends for them. */
export class IdentitySignInTickets1764001300100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'identity.sign_in_tickets',
      `id uuid primary key, user_id uuid not null references identity.users (id) on delete cascade, token_hash bytea not null unique,
       organization_id uuid, user_version int not null, client_hash bytea not null, proof jsonb not null,
       created_at timestamptz not null, expires_at timestamptz not null,
       consumed_at timestamptz`,
      'sign-ins that wait for the user to end another session; read by identity alone, before a tenant is known',
    );
    await runner.query(`comment on column identity.sign_in_tickets.token_hash is 'secret:token-hash'`);
    await runner.query(`create index sign_in_tickets_user on identity.sign_in_tickets (user_id)`);
    await runner.query(`create index sign_in_tickets_age on identity.sign_in_tickets (expires_at)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop table identity.sign_in_tickets`);
  }
}
