/** An error as Stripe answers it. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly error: {
      type: string;
      code?: string;
      decline_code?: string;
      param?: string;
      message: string;
      payment_intent?: unknown;
    },
  ) {
    super(error.message);
  }
}
