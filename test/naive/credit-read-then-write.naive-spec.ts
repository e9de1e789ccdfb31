import type { CreditPart } from '../../src/money/ledger/contracts/credit';
import { CreditRepository } from '../../src/money/ledger/data/credit.repository';
import { LedgerModule } from '../../src/money/ledger/ledger.module';
import { UnitOfWork } from '../../src/kernel/database/unit-of-work';
import { newId } from '../../src/kernel/ids/ids';
import { NotificationsModule } from '../../src/engagement/notifications/notifications.module';
import { raceGiftCard } from '../scenarios/credit-races';
import { OrderDesk } from '../support/order-desk';

/** Reads what is left, and writes what it counted itself. */
class ReadThenWrite extends CreditRepository {
  constructor(private readonly unit: UnitOfWork) {
    super(unit);
  }

  override async hold(orderId: string, parts: readonly CreditPart[]): Promise<boolean> {
    const tx = this.unit.current();
    for (const [index, { creditId, amount }] of parts.entries()) {
      const [card] = await tx.query<{ balance: number; held: number }>(
        `select balance::float8 as balance, held::float8 as held from ledger.credits where tenant_id = $1 and id = $2`,
        [tx.tenantId, creditId],
      );
      if (card.balance - card.held < amount) return false;
      await tx.execute(`update ledger.credits set held = $3 where tenant_id = $1 and id = $2`, [
        tx.tenantId,
        creditId,
        card.held + amount,
      ]);
      await tx.execute(
        `insert into ledger.credit_holds (tenant_id, id, credit_id, reference_type, reference_id, position, amount, state, created_at)
         values ($1, $2, $3, 'order', $4, $5, $6, 'held', kernel.now())`,
        [tx.tenantId, newId(), creditId, orderId, index, amount],
      );
    }
    return true;
  }
}

describe('naive: read what is left on a gift card, then write it', () => {
  it('must not be spent beyond what it is good for', async () => {
    const desk = await OrderDesk.start({ MAINSTAY_DATABASE_POOL_SIZE: '16' }, [LedgerModule, NotificationsModule]);
    try {
      const naive = new ReadThenWrite(desk.app.get(UnitOfWork));
      desk.app.get(CreditRepository).hold = (...asked) => naive.hold(...asked);
      expect(await raceGiftCard(desk, 50)).toEqual({ won: 10, refused: 40, other: [], balance: 0, held: 0 });
    } finally {
      await desk.app.close();
    }
  }, 60_000);
});
