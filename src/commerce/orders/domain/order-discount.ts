/** A promotion that an order was given. */
export interface OrderDiscount {
  couponId: string;
  code: string | null;
  name: string;
  /** What it took off the lines, minor units. */
  amount: number;
  freeShipping: boolean;
}
