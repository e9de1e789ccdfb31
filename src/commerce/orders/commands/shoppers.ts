import { Injectable } from '@nestjs/common';
import { hasPermission } from '../../../kernel/auth/principal';
import { Config } from '../../../kernel/config/config';
import { currentContext } from '../../../kernel/context/request-context';
import { Keyring } from '../../../kernel/crypto/keyring';
import { addressKey } from '../../../kernel/http/rate-limits';

/** Knows shoppers again, so that none of them keeps a shop's goods from the others. */
@Injectable()
export class Shoppers {
  constructor(
    private readonly config: Config,
    private readonly keyring: Keyring,
  ) {}

  /** Most unpaid orders, and most carts, that hold stock for one of them; 0: any number. */
  get most(): number {
    return this.config.unpaidOrdersLimit;
  }

  /**
   * A keyed hash of who is signed in, or of a guest's address; null where nobody counts: staff may hold as much as they like.
   */
  counted(): Buffer | null {
    const { principal, ip } = currentContext();
    const who = principal.userId ?? (ip && addressKey(ip));
    if (this.most === 0 || !who || hasPermission(principal, 'orders:read')) return null;
    return this.keyring.hmac('orders placed from', who);
  }
}
