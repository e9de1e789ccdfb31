import { Injectable, type OnModuleInit } from '@nestjs/common';
import { RetentionRules } from '../../../kernel/retention/retention';

/** Carts that nobody came back to, also in shops where nobody opens a new one (which clears a few away as well). */
@Injectable()
export class CartRetention implements OnModuleInit {
  constructor(private readonly rules: RetentionRules) {}

  onModuleInit(): void {
    this.rules.keep({ name: 'orders.carts', days: 1, routine: 'orders.purge_carts' });
  }
}
