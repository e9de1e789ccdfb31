import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createSchema, searchable, tenantTable } from '../src/kernel/database/migration-kit';

/**
 * Accounts, journals with their postings, balances and the seals of the hash chain. Journals and postings are only ever
 * added: the application may do nothing else to them, and a trigger holds against everybody.
 */
export class LedgerCreate1764002800000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createSchema(runner, 'ledger');
    await this.tables(runner);
    await this.chain(runner);
    await this.triggers(runner);
  }

  private async tables(runner: QueryRunner): Promise<void> {
    await tenantTable(
      runner,
      'ledger.accounts',
      `code text not null check (code ~ '^[0-9A-Za-z][0-9A-Za-z.-]{0,31}$'), currency char(3) not null check (currency ~ '^[A-Z]{3}$'),
       name text not null check (name <> ''), type text not null check (type in ('asset', 'liability', 'equity', 'revenue', 'expense')),
       normal_side text not null check (normal_side in ('debit', 'credit')), may_go_negative boolean not null,
       shards smallint not null default 1 check (shards between 1 and 64), standard boolean not null default false,
       created_at timestamptz not null,
       unique (tenant_id, code, currency), unique (tenant_id, id, currency),
       constraint accounts_guarded_is_whole check (may_go_negative or shards = 1)`,
      { grants: ['select', 'insert'] },
    );
    await tenantTable(
      runner,
      'ledger.journals',
      `kind text not null check (kind in ('posted', 'pending', 'post', 'void')), purpose text not null check (purpose <> ''),
       description text not null, source_type text not null, source_id text not null,
       document_type text, document_id text, payment_id uuid, idempotency_key text not null check (idempotency_key <> ''),
       lines int not null check (lines >= 0), resolves_id uuid, reverses_id uuid, actor_id uuid,
       effective_at timestamptz not null, posted_at timestamptz not null,
       unique (tenant_id, idempotency_key),
       foreign key (tenant_id, resolves_id) references ledger.journals (tenant_id, id),
       foreign key (tenant_id, reverses_id) references ledger.journals (tenant_id, id),
       constraint journals_resolves check ((kind in ('post', 'void')) = (resolves_id is not null)),
       constraint journals_reverses check (reverses_id is null or kind = 'posted'),
       constraint journals_lines check (case when kind = 'void' then lines = 0 else lines >= 2 end)`,
      { grants: ['select', 'insert'] },
    );
    // What is pending is resolved at most once, and a journal is reversed at most once.
    await runner.query(
      `create unique index journals_resolved_once on ledger.journals (tenant_id, resolves_id) where resolves_id is not null`,
    );
    await runner.query(
      `create unique index journals_reversed_once on ledger.journals (tenant_id, reverses_id) where reverses_id is not null`,
    );
    await runner.query(`create index journals_effective on ledger.journals (tenant_id, effective_at, id)`);
    await runner.query(`create index journals_source on ledger.journals (tenant_id, source_id, id)`);
    await runner.query(
      `create index journals_document on ledger.journals (tenant_id, document_id, id) where document_id is not null`,
    );
    await runner.query(
      `create index journals_payment on ledger.journals (tenant_id, payment_id, id) where payment_id is not null`,
    );
    await tenantTable(
      runner,
      'ledger.postings',
      `journal_id uuid not null, line int not null check (line > 0), account_id uuid not null, currency char(3) not null,
       amount bigint not null constraint postings_amount check (amount <> 0), dimensions jsonb not null default '{}',
       unique (tenant_id, journal_id, line),
       foreign key (tenant_id, journal_id) references ledger.journals (tenant_id, id),
       foreign key (tenant_id, account_id, currency) references ledger.accounts (tenant_id, id, currency)`,
      { grants: ['select', 'insert'] },
    );
    await runner.query(`create index postings_account on ledger.postings (tenant_id, account_id, journal_id)`);
    // Updated by every journal: no index on a changing column, and room on the page.
    await tenantTable(
      runner,
      'ledger.balances',
      `account_id uuid not null, shard smallint not null default 0, guard text check (guard in ('debit', 'credit')),
       debits bigint not null default 0, credits bigint not null default 0,
       debits_pending bigint not null default 0, credits_pending bigint not null default 0,
       unique (tenant_id, account_id, shard),
       foreign key (tenant_id, account_id) references ledger.accounts (tenant_id, id),
       constraint balances_grow check (debits >= 0 and credits >= 0),
       constraint balances_guarded check (case guard when 'debit' then debits - credits - credits_pending >= 0
         when 'credit' then credits - debits - debits_pending >= 0 else true end)`,
      { grants: ['select', 'insert', 'update'], suffix: 'with (fillfactor = 70)' },
    );
  }

  /** The queue of the sealer, the chain, and the head of each batch under a key that is not in the database. */
  private async chain(runner: QueryRunner): Promise<void> {
    await tenantTable(runner, 'ledger.unsealed', `check (true)`, { grants: ['select', 'insert', 'delete'] });
    await searchable(runner, 'ledger.unsealed');
    await tenantTable(
      runner,
      'ledger.seals',
      `seq bigint not null check (seq > 0), hash bytea not null, unique (tenant_id, seq),
       foreign key (tenant_id, id) references ledger.journals (tenant_id, id)`,
      { grants: ['select', 'insert'] },
    );
    await tenantTable(
      runner,
      'ledger.heads',
      `seq bigint not null, hash bytea not null, mac bytea not null, key_id text not null, at timestamptz not null, unique (tenant_id, seq)`,
      { grants: ['select', 'insert'] },
    );
    await searchable(runner, 'ledger.heads');
    // A loose scan: as many index probes as there are tenants, however long the queue or the chain is.
    for (const [name, table] of [
      ['tenants_to_seal', 'ledger.unsealed'],
      ['sealed_tenants', 'ledger.heads'],
    ]) {
      await runner.query(`create function ledger.${name}(most int) returns setof uuid
        language sql stable security definer set search_path = pg_catalog as $$
          with recursive t as (
            (select tenant_id from ${table} order by tenant_id limit 1)
            union all
            select (select n.tenant_id from ${table} n where n.tenant_id > t.tenant_id order by n.tenant_id limit 1) from t where t.tenant_id is not null)
          select tenant_id from t where tenant_id is not null limit most $$`);
      await runner.query(`revoke execute on function ledger.${name}(int) from public`);
      await runner.query(`grant execute on function ledger.${name}(int) to mainstay_app`);
      await runner.query(`grant create on schema ledger to mainstay_search`);
      await runner.query(`alter function ledger.${name}(int) owner to mainstay_search`);
      await runner.query(`revoke create on schema ledger from mainstay_search`);
    }
  }

  private async triggers(runner: QueryRunner): Promise<void> {
    await runner.query(`create function ledger.refuse_change() returns trigger language plpgsql as $$
      begin
        raise exception 'what was posted is never changed' using errcode = '42501', table = tg_table_name;
      end $$`);
    for (const table of ['accounts', 'journals', 'postings', 'seals', 'heads']) {
      await runner.query(`create trigger immutable before update or delete on ledger.${table}
        for each row execute function ledger.refuse_change()`);
      await runner.query(`create trigger not_emptied before truncate on ledger.${table}
        for each statement execute function ledger.refuse_change()`);
    }
    // It runs at the commit, when the transaction may already be at another tenant's rows: hence as the owner, with the
    // tenant of the row.
    await runner.query(`create function ledger.check_journal() returns trigger
      language plpgsql security definer set search_path = pg_catalog as $$
      declare
        journal ledger.journals;
        found record;
        pending_kind text;
      begin
        if tg_table_name = 'journals' then journal := new;
        else select * into strict journal from ledger.journals j where j.tenant_id = new.tenant_id and j.id = new.journal_id;
        end if;
        select coalesce(sum(lines), 0) as lines, coalesce(bool_and(total = 0), true) as balanced into found from (
          select count(*) as lines, sum(p.amount) as total from ledger.postings p
          where p.tenant_id = journal.tenant_id and p.journal_id = journal.id group by p.currency) x;
        if not found.balanced then
          raise exception 'debits and credits of a journal are not equal' using errcode = '23514', constraint = 'journals_balanced';
        end if;
        if found.lines <> journal.lines then
          raise exception 'a journal has other lines than it was posted with' using errcode = '23514', constraint = 'journals_whole';
        end if;
        if tg_table_name = 'journals' and journal.resolves_id is not null then
          select j.kind into pending_kind from ledger.journals j where j.tenant_id = journal.tenant_id and j.id = journal.resolves_id;
          if pending_kind <> 'pending' then
            raise exception 'only what is pending is posted or voided' using errcode = '23514', constraint = 'journals_resolve_pending';
          end if;
          if exists (
            select 1 from (select p.account_id, sum(greatest(p.amount, 0)) as debits, sum(greatest(-p.amount, 0)) as credits
              from ledger.postings p where p.tenant_id = journal.tenant_id and p.journal_id = journal.id group by p.account_id) made
            left join (select p.account_id, sum(greatest(p.amount, 0)) as debits, sum(greatest(-p.amount, 0)) as credits
              from ledger.postings p where p.tenant_id = journal.tenant_id and p.journal_id = journal.resolves_id group by p.account_id) held
              on held.account_id = made.account_id
            where made.debits > coalesce(held.debits, 0) or made.credits > coalesce(held.credits, 0)) then
            raise exception 'more is posted than was pending' using errcode = '23514', constraint = 'journals_within_pending';
          end if;
        end if;
        return null;
      end $$`);
    await runner.query(`revoke execute on function ledger.check_journal() from public`);
    await runner.query(`grant execute on function ledger.check_journal() to mainstay_app`);
    for (const table of ['journals', 'postings'])
      await runner.query(`create constraint trigger balanced after insert on ledger.${table} deferrable initially deferred
        for each row execute function ledger.check_journal()`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`drop schema ledger cascade`);
  }
}
