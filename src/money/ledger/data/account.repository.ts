import { Injectable } from '@nestjs/common';
import { clock } from '../../../kernel/clock/clock';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import { STANDARD_ACCOUNTS, type AccountType } from '../domain/chart';
import type { Side } from '../domain/journal-draft';

export interface AccountRow {
  id: string;
  code: string;
  currency: string;
  name: string;
  type: AccountType;
  normalSide: Side;
  mayGoNegative: boolean;
  standard: boolean;
}

/** The accounts of a tenant. They are never changed, so that a posting means for ever what it meant. */
@Injectable()
export class AccountRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** Opens the standard accounts in these currencies where they are not there yet. */
  async openStandard(currencies: readonly string[]): Promise<void> {
    const tx = this.uow.current();
    const rows = currencies.flatMap((currency) => STANDARD_ACCOUNTS.map((one) => ({ ...one, currency })));
    await tx.execute(
      `insert into ledger.accounts (tenant_id, id, code, currency, name, type, normal_side, may_go_negative, shards, standard, created_at)
       select $1, x.id, x.code, x.currency, x.name, x.type, x.side, true, x.shards, true, $9
       from unnest($2::uuid[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::smallint[])
         as x(id, code, currency, name, type, side, shards)
       order by x.code, x.currency on conflict (tenant_id, code, currency) do nothing`,
      [
        tx.tenantId,
        rows.map(() => newId()),
        rows.map(({ code }) => code),
        rows.map(({ currency }) => currency),
        rows.map(({ name }) => name),
        rows.map(({ type }) => type),
        rows.map(({ normalSide }) => normalSide),
        rows.map(({ shards }) => shards),
        clock.now(),
      ],
    );
  }

  /** @returns false when the tenant has an account of this code and currency */
  async open(account: AccountRow): Promise<boolean> {
    const tx = this.uow.current();
    const made = await tx.execute(
      `insert into ledger.accounts (tenant_id, id, code, currency, name, type, normal_side, may_go_negative, standard, created_at)
       values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) on conflict (tenant_id, code, currency) do nothing`,
      [
        tx.tenantId,
        account.id,
        account.code,
        account.currency,
        account.name,
        account.type,
        account.normalSide,
        account.mayGoNegative,
        account.standard,
        clock.now(),
      ],
    );
    return made === 1;
  }
}
