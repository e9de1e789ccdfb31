import { Injectable } from '@nestjs/common';
import { currentContext } from '../../../kernel/context/request-context';
import { UnitOfWork } from '../../../kernel/database/unit-of-work';
import { newId } from '../../../kernel/ids/ids';
import {
  CreditMoved,
  type CreditKind,
  type CreditMovement,
  type CreditOrigin,
  type CreditState,
} from '../contracts/credit-events';
import type { CreditPart } from '../contracts/credit';
import { REMIND_DAYS } from '../domain/credit-rules';

/** A gift card or store credit; minor units. */
export interface CreditRow {
  id: string;
  kind: CreditKind;
  origin: CreditOrigin;
  currency: string;
  balance: number;
  /** Of the balance what is promised to orders. */
  held: number;
  state: CreditState;
  customerId: string | null;
  tail: string | null;
  expiresAt: Date | null;
}

export type NewCredit = Omit<CreditRow, 'balance' | 'held' | 'state'> & {
  codeHash: Buffer | null;
  recipient: string | null;
  note: string | null;
  orderId: string | null;
  lineId: string | null;
};

/** What is spent, or promised, of a credit for an order. */
export interface CreditHold {
  id: string;
  creditId: string;
  amount: number;
  refunded: number;
}

const COLUMNS = `id, kind, origin, currency, balance::float8 as balance, held::float8 as held, state, customer_id as "customerId", tail,
  expires_at as "expiresAt"`;
const HOLD = `id, credit_id as "creditId", amount::float8 as amount, refunded::float8 as refunded`;

/** Takes what is there; the conditions hold on the newest rows, so that two orders never share a cent. */
const TAKE = `with locked as materialized (
    select c.id from ledger.credits c where c.tenant_id = $1 and c.id = any($2::uuid[]) and c.state = 'active'
      and (c.expires_at is null or c.expires_at > kernel.now()) order by c.id for update of c),
  taken as (
    update ledger.credits c set held = c.held + x.amount, updated_at = kernel.now()
    from locked, unnest($2::uuid[], $3::bigint[]) as x(id, amount)
    where c.tenant_id = $1 and c.id = locked.id and x.id = c.id and c.balance - c.held >= x.amount
    returning c.id, x.amount)
  insert into ledger.credit_holds (tenant_id, id, credit_id, reference_type, reference_id, position, amount, state, created_at)
  select $1, x.hold, taken.id, 'order', $4, x.position, taken.amount, 'held', kernel.now()
  from taken join unnest($2::uuid[], $5::uuid[]) with ordinality as x(id, hold, position) on x.id = taken.id
  returning credit_id as id`;

/** Gift cards, store credit, and what is promised of them. */
@Injectable()
export class CreditRepository {
  constructor(private readonly uow: UnitOfWork) {}

  /** @returns false where the customer has store credit in this currency already */
  async insert(credit: NewCredit): Promise<boolean> {
    const tx = this.uow.current();
    const made = await tx.execute(
      `insert into ledger.credits (tenant_id, id, kind, origin, currency, balance, state, customer_id, code_hash, tail, recipient, note,
         order_id, expires_at, created_by, created_at, updated_at, line_id)
       values ($1, $2, $3, $4, $5, 0, 'active', $6, $7, $8, $9, $10, $11, $12, $13, kernel.now(), kernel.now(), $14)
       on conflict (tenant_id, customer_id, currency) where kind = 'store_credit' and state = 'active' do nothing`,
      [
        tx.tenantId,
        credit.id,
        credit.kind,
        credit.origin,
        credit.currency,
        credit.customerId,
        credit.codeHash,
        credit.tail,
        credit.recipient,
        credit.note,
        credit.orderId,
        credit.expiresAt,
        currentContext().principal.userId,
        credit.lineId,
      ],
    );
    return made === 1;
  }

  /** Cards that an order sold and that are good still, locked, newest first; `lineId`: of that line alone. */
  async lockSold(orderId: string, lineId: string | null): Promise<(CreditRow & { lineId: string })[]> {
    const tx = this.uow.current();
    const rows = await tx.query<CreditRow & { lineId: string }>(
      `select ${COLUMNS}, line_id as "lineId" from ledger.credits where tenant_id = $1 and order_id = $2 and state = 'active'
         and line_id = coalesce($3, line_id) order by id for update`,
      [tx.tenantId, orderId, lineId],
    );
    return rows.reverse();
  }

  /** These, locked in the order of their ids. */
  async lock(ids: readonly string[]): Promise<CreditRow[]> {
    const tx = this.uow.current();
    return tx.query<CreditRow>(
      `select ${COLUMNS} from ledger.credits where tenant_id = $1 and id = any($2::uuid[]) order by id for update`,
      [tx.tenantId, [...new Set(ids)]],
    );
  }

  /** The customer's store credit in a currency, locked; null where there is none yet. Its time may be over. */
  async lockStoreCredit(customerId: string, currency: string): Promise<CreditRow | null> {
    const tx = this.uow.current();
    const [row] = await tx.query<CreditRow>(
      `select ${COLUMNS} from ledger.credits where tenant_id = $1 and customer_id = $2 and kind = 'store_credit' and currency = $3
         and state = 'active' for update`,
      [tx.tenantId, customerId, currency],
    );
    return row ?? null;
  }

  async byCodes(hashes: readonly Buffer[]): Promise<CreditRow[]> {
    const tx = this.uow.current();
    return tx.query<CreditRow>(
      `select ${COLUMNS} from ledger.credits where tenant_id = $1 and code_hash = any($2::bytea[])`,
      [tx.tenantId, hashes],
    );
  }

  /**
   * Puts more on a locked credit, or takes from it, with its entry, and says so. Store credit that is used ends by the
   * shop's rule, counted from now.
   */
  async move(
    credit: CreditRow,
    movement: CreditMovement,
    amount: number,
    about: { orderId?: string | null; lineId?: string | null; note?: string | null } = {},
  ): Promise<void> {
    const tx = this.uow.current();
    const { orderId = null, lineId = null, note = null } = about;
    credit.balance += amount;
    const [{ expiresAt }] = await tx.query<{ expiresAt: Date | null }>(
      `with moved as (
         update ledger.credits set balance = balance + $3, updated_at = kernel.now(),
           expires_at = case when kind = 'store_credit' and state = 'active' then
             (select kernel.now() + make_interval(days => valid_days) from ledger.store_credit_rules where tenant_id = $1)
             else expires_at end
         where tenant_id = $1 and id = $2 returning balance, expires_at),
       noted as (
         insert into ledger.credit_entries (tenant_id, id, credit_id, kind, amount, balance_after, reference_type, reference_id, actor_id,
           note, at)
         select $1, $4, $2, $5, $3, balance, case when $6::uuid is not null then 'order' end, $6, $7, $8, kernel.now() from moved)
       select expires_at as "expiresAt" from moved`,
      [tx.tenantId, credit.id, amount, newId(), movement, orderId, currentContext().principal.userId, note],
    );
    credit.expiresAt = expiresAt;
    this.say(credit, movement, amount, orderId, lineId);
  }

  private say(
    { id: creditId, kind, origin, currency }: CreditRow,
    movement: CreditMovement,
    amount: number,
    orderId: string | null = null,
    lineId: string | null = null,
  ): void {
    const moved = { creditId, kind, origin, movement, amount: { amount, currency }, orderId, lineId };
    this.uow.current().record(new CreditMoved(creditId, moved));
  }

  /** A locked credit ends: what is not promised to an order is gone, the rest once it is let go. */
  async end(
    credit: CreditRow,
    state: 'expired' | 'voided',
    about: { orderId?: string | null; lineId?: string | null; note?: string | null } = {},
  ): Promise<void> {
    const tx = this.uow.current();
    credit.state = state;
    await tx.execute(
      `update ledger.credits set state = $3, updated_at = kernel.now() where tenant_id = $1 and id = $2`,
      [tx.tenantId, credit.id, state],
    );
    const left = credit.balance - credit.held;
    if (left > 0) await this.move(credit, state, -left, about);
  }

  /** Promises all of these parts to an order, or says no: then the transaction must not be committed. */
  async hold(orderId: string, parts: readonly CreditPart[]): Promise<boolean> {
    const tx = this.uow.current();
    const taken = await tx.query<{ id: string }>(TAKE, [
      tx.tenantId,
      parts.map(({ creditId }) => creditId),
      parts.map(({ amount }) => amount),
      orderId,
      parts.map(() => newId()),
    ]);
    return taken.length === parts.length;
  }

  /** What an order has of credits in a state, in the order in which it was promised; its credits are to be locked. */
  async holds(orderId: string, state: 'held' | 'redeemed'): Promise<CreditHold[]> {
    const tx = this.uow.current();
    return tx.query<CreditHold>(
      `select ${HOLD} from ledger.credit_holds where tenant_id = $1 and reference_type = 'order' and reference_id = $2 and state = $3
       order by position for update`,
      [tx.tenantId, orderId, state],
    );
  }

  /** A promise ends: `spent` of it is taken, and is what the hold is for from now on. */
  async endHold(hold: CreditHold, credit: CreditRow, spent: number): Promise<void> {
    const tx = this.uow.current();
    credit.held -= hold.amount;
    await tx.execute(
      `with ended as (
         update ledger.credit_holds set state = case when $4::bigint > 0 then 'redeemed' else 'released' end,
           amount = case when $4::bigint > 0 then $4::bigint else amount end where tenant_id = $1 and id = $2)
       update ledger.credits set held = held - $5::bigint, updated_at = kernel.now() where tenant_id = $1 and id = $3`,
      [tx.tenantId, hold.id, hold.creditId, spent, hold.amount],
    );
  }

  async noteRefunded(hold: CreditHold, amount: number): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(`update ledger.credit_holds set refunded = refunded + $3 where tenant_id = $1 and id = $2`, [
      tx.tenantId,
      hold.id,
      amount,
    ]);
  }

  /** Store credit of these customers, with what orders have of it, locked as who ends an order's promises does. */
  async lockStoreCredits(customerIds: readonly string[]): Promise<CreditRow[]> {
    const tx = this.uow.current();
    const own = `select id from ledger.credits where tenant_id = $1 and customer_id = any($2::uuid[]) and kind = 'store_credit' and state = 'active'`;
    const params = [tx.tenantId, customerIds];
    await tx.query(
      `select id from ledger.credit_holds where tenant_id = $1 and state in ('held', 'redeemed') and credit_id in (${own})
       order by id for update`,
      params,
    );
    return tx.query<CreditRow>(
      `select ${COLUMNS} from ledger.credits where tenant_id = $1 and customer_id = any($2::uuid[]) and kind = 'store_credit'
         and state = 'active' order by id for update`,
      params,
    );
  }

  /**
   * A locked store credit becomes part of another one: its balance, what orders have of it, and the later end. An order that
   * has of both has the sum of one.
   */
  async fold(from: CreditRow, into: CreditRow): Promise<void> {
    const tx = this.uow.current();
    const [{ expiresAt }] = await tx.query<{ expiresAt: Date | null }>(
      `with both_held as (
         select f.id, i.id as into_id, f.amount, i.state = 'held' as adds from ledger.credit_holds f
         join ledger.credit_holds i on i.tenant_id = $1 and i.credit_id = $3 and i.state in ('held', 'released')
           and i.reference_type = f.reference_type and i.reference_id = f.reference_id
         where f.tenant_id = $1 and f.credit_id = $2 and f.state = 'held'),
       raised as (
         update ledger.credit_holds h set state = 'held', amount = b.amount + case when b.adds then h.amount else 0 end
         from both_held b where h.tenant_id = $1 and h.id = b.into_id),
       dropped as (
         update ledger.credit_holds h set state = 'released' from both_held b where h.tenant_id = $1 and h.id = b.id),
       moved as (
         update ledger.credit_holds h set credit_id = $3 where h.tenant_id = $1 and h.credit_id = $2
           and not exists (select from ledger.credit_holds i where i.tenant_id = $1 and i.credit_id = $3
             and i.reference_type = h.reference_type and i.reference_id = h.reference_id)),
       emptied as (
         update ledger.credits set balance = 0, held = 0, state = 'merged', updated_at = kernel.now()
         where tenant_id = $1 and id = $2),
       filled as (
         update ledger.credits set balance = balance + $4, held = held + $5, updated_at = kernel.now(),
           expires_at = case when expires_at is null or $6::timestamptz is null then null else greatest(expires_at, $6) end
         where tenant_id = $1 and id = $3 returning balance, expires_at),
       noted as (
         insert into ledger.credit_entries (tenant_id, id, credit_id, kind, amount, balance_after, actor_id, at)
         select $1, x.id, x.credit, 'merged', x.amount, x.after, $9, kernel.now()
         from filled, lateral (values ($7::uuid, $2::uuid, -$4::bigint, 0), ($8, $3, $4, filled.balance)) x(id, credit, amount, after)
         where $4 > 0)
       select expires_at as "expiresAt" from filled`,
      [
        tx.tenantId,
        from.id,
        into.id,
        from.balance,
        from.held,
        from.expiresAt,
        newId(),
        newId(),
        currentContext().principal.userId,
      ],
    );
    const amount = from.balance;
    Object.assign(into, { balance: into.balance + amount, held: into.held + from.held, expiresAt });
    Object.assign(from, { balance: 0, held: 0, state: 'merged' });
    if (amount > 0) {
      this.say(from, 'merged', -amount);
      this.say(into, 'merged', amount);
    }
  }

  /** What belonged to a customer belongs to another one, who has no store credit in the same currencies. */
  async moveCustomer(from: string, to: string): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `update ledger.credits set customer_id = $3, updated_at = kernel.now() where tenant_id = $1 and customer_id = $2`,
      [tx.tenantId, from, to],
    );
  }

  /** How many codes that are none somebody tried within the hour; another hour's are forgotten. */
  async wrongCodes(key: Buffer): Promise<{ wrong: number; seconds: number }> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ wrong: number; seconds: number }>(
      `select wrong, greatest(1, ceil(extract(epoch from hour + interval '1 hour' - kernel.now())))::int as seconds
       from ledger.code_tries where tenant_id = $1 and key = $2 and hour > kernel.now() - interval '1 hour'`,
      [tx.tenantId, key],
    );
    return row ?? { wrong: 0, seconds: 0 };
  }

  /** Counts one more, and clears away a few that are over. */
  async countWrongCode(key: Buffer): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `with gone as (
         delete from ledger.code_tries where tenant_id = $1 and key <> $3 and id in (
           select id from ledger.code_tries where tenant_id = $1 and hour < kernel.now() - interval '1 hour' limit 3 for update skip locked))
       insert into ledger.code_tries as t (tenant_id, id, key, hour, wrong) values ($1, $2, $3, kernel.now(), 1)
       on conflict (tenant_id, key) do update set
         wrong = case when t.hour > kernel.now() - interval '1 hour' then t.wrong + 1 else 1 end,
         hour = case when t.hour > kernel.now() - interval '1 hour' then t.hour else kernel.now() end`,
      [tx.tenantId, newId(), key],
    );
  }

  /** Days for which new gift cards are valid (null: for ever), and the SKUs that sell cards. */
  async rules(): Promise<{ validDays: number | null; skus: string[] }> {
    const tx = this.uow.current();
    const [row] = await tx.query<{ validDays: number | null; skus: string[] }>(
      `select valid_days as "validDays", skus from ledger.gift_card_rules where tenant_id = $1`,
      [tx.tenantId],
    );
    return row ?? { validDays: null, skus: [] };
  }

  /**
   * Credit whose owner is to be told of its end now: the days before it that the shop wants, and never earlier than half of
   * the time since it moved, as nobody is told of the end of what they just got. Locked, in the order of ids.
   * @param after the last id that was looked at
   */
  async toTell(after: string, most: number): Promise<(CreditRow & { expiresAt: Date; recipient: string | null })[]> {
    const tx = this.uow.current();
    return tx.query(
      `with days as materialized (
         select case when g.id is null then $4::int else g.remind_days end as gift_card,
           case when s.id is null then $4::int else s.remind_days end as store_credit
         from (values (1)) x left join ledger.gift_card_rules g on g.tenant_id = $1 left join ledger.store_credit_rules s on s.tenant_id = $1)
       select ${COLUMNS}, c.recipient from ledger.credits c
       where c.tenant_id = $1 and c.id > $2 and c.state = 'active' and c.told_for is distinct from c.expires_at
         and c.expires_at > kernel.now() and c.balance > c.held
         and c.expires_at <= kernel.now() + make_interval(days => (select greatest(gift_card, store_credit) from days))
         and c.expires_at <= kernel.now() + make_interval(days => (
           select case c.kind when 'gift_card' then gift_card else store_credit end from days))
         and c.expires_at <= kernel.now() + (c.expires_at - (
           select e.at from ledger.credit_entries e where e.tenant_id = $1 and e.credit_id = c.id and e.kind <> 'merged'
           order by e.id desc limit 1)) / 2
       order by c.id limit $3 for update of c skip locked`,
      [tx.tenantId, after, most, REMIND_DAYS],
    );
  }

  /** The owners of these locked credits were told of the end that they have. */
  async noteTold(ids: readonly string[]): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(`update ledger.credits set told_for = expires_at where tenant_id = $1 and id = any($2::uuid[])`, [
      tx.tenantId,
      ids,
    ]);
  }

  async saveRules(rules: {
    validDays: number | null;
    remindDays: number | null;
    skus: readonly string[];
  }): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into ledger.gift_card_rules (tenant_id, id, valid_days, remind_days, skus, updated_at) values ($1, $1, $2, $3, $4, kernel.now())
       on conflict (tenant_id, id) do update set valid_days = $2, remind_days = $3, skus = $4, updated_at = kernel.now()`,
      [tx.tenantId, rules.validDays, rules.remindDays, rules.skus],
    );
  }

  async saveStoreCreditRules(rules: { validDays: number | null; remindDays: number | null }): Promise<void> {
    const tx = this.uow.current();
    await tx.execute(
      `insert into ledger.store_credit_rules (tenant_id, id, valid_days, remind_days, updated_at) values ($1, $1, $2, $3, kernel.now())
       on conflict (tenant_id, id) do update set valid_days = $2, remind_days = $3, updated_at = kernel.now()`,
      [tx.tenantId, rules.validDays, rules.remindDays],
    );
  }
}
