import { isUuid } from '../../../../kernel/ids/ids';
import type { Money } from '../../../../kernel/money/money';
import type { GatewayAccount, SettlementEntry } from '../../domain/payment-gateway';
import { fromPayPal } from './paypal-answers';
import type { PayPalRest } from './paypal-rest';

interface Amount {
  currency_code: string;
  value: string;
}

interface Transaction {
  transaction_id: string;
  paypal_reference_id?: string;
  /** Four digits behind a T; the first two are the group. */
  transaction_event_code?: string;
  transaction_initiation_date: string;
  transaction_amount: Amount;
  fee_amount?: Amount;
  transaction_status?: string;
  custom_field?: string;
}

/** Lines of a page, and days of a search: the most that PayPal gives. */
const PAGE = 500;
const MOST_DAYS = 31;
const DAY_MS = 86_400_000;

/** It is a line of its own, of which the dispute tells too. */
const FEE_OF_CHARGEBACK = 'T0106';

/** What a transaction is by its event code. Source: PayPal, "Transaction event codes". */
function typeOf(code: string): SettlementEntry['type'] {
  if (code === FEE_OF_CHARGEBACK) return 'dispute';
  if (code.startsWith('T01')) return 'fee';
  if (code.startsWith('T00')) return 'charge';
  if (code === 'T1106' || code === 'T1201' || code === 'T1202' || code === 'T1110' || code === 'T1111')
    return 'dispute';
  if (code.startsWith('T11')) return 'refund';
  return code.startsWith('T04') ? 'payout' : 'other';
}

/** Signed minor units. */
function signed({ currency_code: currencyCode, value }: Amount): Money {
  const minus = value.startsWith('-');
  const money = fromPayPal({ currencyCode, value: minus ? value.slice(1) : value });
  return minus ? { ...money, amount: -money.amount } : money;
}

/** PayPal's balance by its transaction search. */
export class PayPalReport {
  constructor(private readonly rest: PayPalRest) {}

  async fetch(
    account: GatewayAccount,
    { from, to }: { from: Date; to: Date },
    signal: AbortSignal,
  ): Promise<SettlementEntry[]> {
    const entries: SettlementEntry[] = [];
    for (let start = from.getTime(); start < to.getTime(); start += MOST_DAYS * DAY_MS) {
      // PayPal counts the end in.
      const end = Math.min(start + MOST_DAYS * DAY_MS, to.getTime()) - 1;
      for (let page = 1, pages = 1; page <= pages; page++) {
        const query = new URLSearchParams({
          start_date: new Date(start).toISOString(),
          end_date: new Date(end).toISOString(),
          transaction_status: 'S',
          fields: 'transaction_info',
          page_size: String(PAGE),
          page: String(page),
        });
        const answer = await this.rest.call<{
          transaction_details?: { transaction_info: Transaction }[];
          total_pages?: number;
        }>(account, 'GET', `/v1/reporting/transactions?${query.toString()}`, signal);
        pages = answer.total_pages ?? 1;
        entries.push(...(answer.transaction_details ?? []).map((one) => entryOf(one.transaction_info)));
      }
    }
    return entries;
  }
}

function entryOf(one: Transaction): SettlementEntry {
  const type = typeOf(one.transaction_event_code ?? '');
  const moved = signed(one.transaction_amount);
  const nothing = { ...moved, amount: 0 };
  const isFee = one.transaction_event_code === FEE_OF_CHARGEBACK;
  const amount = isFee ? nothing : moved;
  const fee = isFee ? moved : one.fee_amount ? signed(one.fee_amount) : nothing;
  const [attempt] = (one.custom_field ?? '').split('/');
  return {
    id: one.transaction_id,
    type,
    providerPaymentId: null,
    attemptId: type === 'charge' && isUuid(attempt) ? attempt : null,
    objectId: type === 'dispute' ? (one.paypal_reference_id ?? null) : one.transaction_id,
    amount,
    // A fee is told as what it takes from the balance.
    fee: { ...fee, amount: -fee.amount },
    at: new Date(one.transaction_initiation_date).toISOString(),
  };
}
