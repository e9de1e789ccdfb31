import type { MigrationInterface, QueryRunner } from 'typeorm';
import { platformTable } from '../src/kernel/database/migration-kit';

/** Devices that users signed in with, and what a session knows of the device it lives on. */
export class IdentityDevices1764001300000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await platformTable(
      runner,
      'identity.devices',
      `user_id uuid not null references identity.users (id) on delete cascade, device_id uuid not null, name text not null,
       kind text not null, country text, first_seen_at timestamptz not null, last_seen_at timestamptz not null,
       trusted_at timestamptz, primary key (user_id, device_id)`,
      'devices that a user signed in with; read by identity alone, at sign-in, before a tenant is known',
    );
    await runner.query(`comment on column identity.devices.name is 'pii:device'`);
    await runner.query(`comment on column identity.devices.country is 'pii:place'`);
    await runner.query(`create index devices_age on identity.devices (last_seen_at)`);
    await runner.query(
      `alter table identity.sessions add column device_id uuid, add column device_name text, add column country text,
         add column fingerprint bytea, add column transport text not null default 'bearer' check (transport in ('bearer', 'cookie')),
         add column remember boolean not null default true`,
    );
    await runner.query(`comment on column identity.sessions.device_name is 'pii:device'`);
    await runner.query(`comment on column identity.sessions.country is 'pii:place'`);
    await runner.query(`comment on column identity.sessions.fingerprint is 'pii:device'`);
    await runner.query(`create index sessions_history on identity.sessions (user_id, created_at desc)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop index identity.sessions_history`);
    await runner.query(
      `alter table identity.sessions drop column device_id, drop column device_name, drop column country,
         drop column fingerprint, drop column transport, drop column remember`,
    );
    await runner.query(`drop table identity.devices`);
  }
}
