import { Injectable } from '@nestjs/common';
import { monotonicMs } from '../../../kernel/clock/monotonic';
import { Turns } from '../domain/turns';

/** Who was put off and has not asked again within this waits no longer. */
const FORGET_MS = 10_000;

/** The one plan of routes that this process makes at a time; organizations in turn. */
@Injectable()
export class PlanSlot {
  private taken = false;
  private readonly turns = new Turns();
  /** Organizations that were put off, and when they asked last. */
  private readonly putOff = new Map<string, number>();

  /** @returns what gives the slot back; null where it is taken, or another organization's turn */
  take(tenantId: string): (() => void) | null {
    const now = monotonicMs();
    for (const [id, at] of this.putOff) if (now - at > FORGET_MS) this.putOff.delete(id);
    this.putOff.set(tenantId, now);
    if (this.taken || this.turns.next(this.putOff.keys()) !== tenantId) return null;
    this.putOff.delete(tenantId);
    this.turns.took(tenantId);
    this.taken = true;
    return () => (this.taken = false);
  }
}
