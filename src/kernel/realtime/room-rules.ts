import { Injectable } from '@nestjs/common';
import type { Principal } from '../auth/principal';
import { roomsOf } from './rooms';

/** Decides whether a principal may enter a room; `rest` is what follows the kind, such as an order's id. */
export type RoomRule = (principal: Principal, rest: string) => boolean | Promise<boolean>;

/** Who may enter which rooms. Deny by default: a kind that nobody declared has no rooms. */
@Injectable()
export class RoomRules {
  private readonly rules = new Map<string, RoomRule>();

  /** Declares rooms `<kind>:<rest>`; contexts do so in `onModuleInit`. */
  declare(kind: string, rule: RoomRule): void {
    if (['tenant', 'staff', 'user'].includes(kind)) throw new Error(`Rooms "${kind}:" belong to the kernel.`);
    this.rules.set(kind, rule);
  }

  async mayEnter(principal: Principal, room: string): Promise<boolean> {
    if (roomsOf(principal).includes(room)) return true;
    const colon = room.indexOf(':');
    const rule = this.rules.get(room.slice(0, colon));
    return rule !== undefined && colon > 0 && (await rule(principal, room.slice(colon + 1)));
  }
}
