import { IssueGiftCardCommand } from '../../src/money/ledger/commands/manage-credit';
import { HoldCreditCommand, RedeemCreditCommand } from '../../src/money/ledger/contracts/credit';
import { newId } from '../../src/kernel/ids/ids';
import type { OrderDesk } from '../support/order-desk';

export interface CreditRace {
  won: number;
  /** Refused clearly: another order has it. */
  refused: number;
  other: string[];
  balance: number;
  held: number;
}

/** A gift card of 10.00, and so many orders that want 1.00 of it at once, each of which spends what it gets. */
export async function raceGiftCard(desk: OrderDesk, orders: number): Promise<CreditRace> {
  desk.open();
  const act = <T>(command: object): Promise<T> => desk.asStaff(() => desk.commands.execute(command as never));
  const amount = { amount: 1_000, currency: 'EUR' };
  const { giftCard } = await act<{ giftCard: { id: string } }>(new IssueGiftCardCommand({ amount, origin: 'given' }));
  const tries = await Promise.allSettled(
    Array.from({ length: orders }, async () => {
      const reference = { type: 'order' as const, id: newId() };
      await act(new HoldCreditCommand({ reference, parts: [{ creditId: giftCard.id, amount: 100 }] }));
      await act(new RedeemCreditCommand({ reference, amount: 100 }));
    }),
  );
  const codes = tries.flatMap((each) =>
    each.status === 'rejected' ? [(each.reason as { code?: string }).code ?? String(each.reason)] : [],
  );
  const [{ balance, held }] = await desk.rows<{ balance: number; held: number }>(
    `select balance::float8 as balance, held::float8 as held from ledger.credits`,
  );
  return {
    won: tries.filter(({ status }) => status === 'fulfilled').length,
    refused: codes.filter((code) => code === 'ledger.credit-spent').length,
    other: codes.filter((code) => code !== 'ledger.credit-spent'),
    balance,
    held,
  };
}
