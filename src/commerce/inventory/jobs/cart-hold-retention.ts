import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';

/** Holds of carts that lapsed or were set anew; longer than a cart may hold, so that it keeps its place among those who wait. */
@Injectable()
export class CartHoldRetention implements OnModuleInit {
  constructor(private readonly rules: RetentionRules) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'inventory.cart-holds', days: 7, routine: 'inventory.purge_cart_holds' });
  }
}
