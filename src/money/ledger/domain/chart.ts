import type { Side } from './journal-draft';

export const ACCOUNT_TYPES = ['asset', 'liability', 'equity', 'revenue', 'expense'] as const;
export type AccountType = (typeof ACCOUNT_TYPES)[number];

export interface StandardAccount {
  code: string;
  name: string;
  type: AccountType;
  normalSide: Side;
  /** Rows that the balance is spread over, so that journals of several processes do not wait for one another. */
  shards: number;
}

/** Rows of an account that every sale touches. */
const HOT = 8;
const account = (
  code: string,
  name: string,
  type: AccountType,
  normalSide: Side = type === 'asset' || type === 'expense' ? 'debit' : 'credit',
  shards = 1,
): StandardAccount => ({ code, name, type, normalSide, shards });

/** Codes of the accounts that journals are made for by themselves. Stored for ever: literal, never renumbered. */
export const CODES = {
  bank: '1000',
  clearing: '1100',
  receivables: '1200',
  inventory: '1300',
  disputed: '1400',
  suspense: '1900',
  payables: '2000',
  goodsReceived: '2050',
  deposits: '2100',
  tax: '2200',
  giftCards: '2300',
  storeCredit: '2310',
  openingBalance: '3900',
  sales: '4000',
  shipping: '4010',
  discounts: '4090',
  returns: '4095',
  costOfGoods: '5000',
  stockAdjustments: '5100',
  scrap: '5110',
  paymentFees: '5200',
  disputeLosses: '5300',
  breakage: '4080',
  creditGiven: '5400',
} as const;

/** Purpose of journals whose meaning a person still has to say. Stored for ever. */
export const IN_SUSPENSE = 'provider-other';

/**
 * The chart that a tenant has in each currency from its first journal in it on. Numbers follow the usual decades:
 * 1 assets, 2 liabilities, 3 equity, 4 revenue, 5 expenses.
 */
export const STANDARD_ACCOUNTS: readonly StandardAccount[] = [
  account(CODES.bank, 'Bank', 'asset'),
  account(CODES.clearing, 'Payments in transit', 'asset', 'debit', HOT),
  account(CODES.receivables, 'Receivables', 'asset'),
  account(CODES.inventory, 'Inventory', 'asset', 'debit', HOT),
  account(CODES.disputed, 'Disputed payments', 'asset'),
  account(CODES.suspense, 'Movements to be explained', 'asset'),
  account(CODES.payables, 'Accounts payable', 'liability'),
  account(CODES.goodsReceived, 'Goods received, not invoiced', 'liability'),
  account(CODES.deposits, 'Customer deposits', 'liability', 'credit', HOT),
  account(CODES.tax, 'Tax payable', 'liability', 'credit', HOT),
  account(CODES.giftCards, 'Gift cards', 'liability'),
  account(CODES.storeCredit, 'Store credit', 'liability'),
  account(CODES.openingBalance, 'Opening balances', 'equity'),
  account(CODES.sales, 'Sales', 'revenue', 'credit', HOT),
  account(CODES.shipping, 'Shipping charged', 'revenue', 'credit', HOT),
  account(CODES.breakage, 'Expired credit', 'revenue'),
  account(CODES.discounts, 'Discounts given', 'revenue', 'debit', HOT),
  account(CODES.returns, 'Returns and refunds', 'revenue', 'debit'),
  account(CODES.costOfGoods, 'Cost of goods sold', 'expense', 'debit', HOT),
  account(CODES.stockAdjustments, 'Stock adjustments', 'expense'),
  account(CODES.scrap, 'Scrapped goods', 'expense'),
  account(CODES.paymentFees, 'Payment fees', 'expense', 'debit', HOT),
  account(CODES.disputeLosses, 'Lost disputes', 'expense'),
  account(CODES.creditGiven, 'Credit given away', 'expense'),
];
