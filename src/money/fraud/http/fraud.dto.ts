export const EXAMPLE = {
  any: [
    { signal: 'tries.email.1h', op: 'gt', value: 5 },
    { signal: 'ip.proxy', op: 'eq', value: true },
  ],
};

/** Money in minor units. */
export class FraudMoneyView {
  /** @example 1250 */
  amount: number;
  /** @example EUR */
  currency: string;
}

/** What is paid for. */
export class FraudPayableView {
  /** @example order */
  type: string;
  /** @example 019a3c5e-7b1a-7c3e-8f00-1d2e3f4a5b6c */
  id: string;
}
