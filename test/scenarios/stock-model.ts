/**
 * Stock of one SKU at one place as one would keep it on paper: the plain model that the product is compared with.
 * Times are seconds from the beginning.
 */
export interface PaperLot {
  /** Null: goods without a batch number. */
  number: string | null;
  expires: number | null;
  onHand: number;
  reserved: number;
}

export interface PaperHold {
  /** `taken`: it lapsed, and others have its goods; the timer has not come yet. */
  state: 'active' | 'taken' | 'committed' | 'over';
  wanted: number;
  expiresAt: number;
  parts: Map<PaperLot, number>;
  shipped: Map<PaperLot, number>;
}

/** What an operation is to answer: done, or refused with this code. */
export type Verdict = 'done' | 'short' | `inventory.${string}`;

const sum = (parts: Map<PaperLot, number>): number => [...parts.values()].reduce((a, b) => a + b, 0);
const move = (parts: Map<PaperLot, number>, lot: PaperLot, quantity: number): void => {
  const now = (parts.get(lot) ?? 0) + quantity;
  if (now === 0) parts.delete(lot);
  else parts.set(lot, now);
};

export class PaperStock {
  time = 0;
  readonly holds: PaperHold[] = [];
  /** In the order in which they are given out: the first two expire, the nameless one was there before `K`. */
  readonly lots: PaperLot[] = [
    { number: 'E1', expires: 500, onHand: 0, reserved: 0 },
    { number: 'E2', expires: 1500, onHand: 0, reserved: 0 },
    { number: null, expires: null, onHand: 0, reserved: 0 },
    { number: 'K', expires: null, onHand: 0, reserved: 0 },
  ];

  get onHand(): number {
    return this.lots.reduce((all, lot) => all + lot.onHand, 0);
  }

  receive(number: string | null, quantity: number): void {
    this.lots.find((lot) => lot.number === number)!.onHand += quantity;
  }

  reserve(quantity: number, seconds: number): Verdict {
    const parts = this.take(quantity);
    if (!parts) return 'inventory.out-of-stock';
    this.holds.push({ state: 'active', wanted: quantity, expiresAt: this.time + seconds, parts, shipped: new Map() });
    return 'done';
  }

  /** Timers fire for all that lapsed. */
  lapse(): void {
    for (const hold of this.holds) {
      if ((hold.state !== 'active' && hold.state !== 'taken') || hold.expiresAt > this.time) continue;
      this.giveBack(hold);
      hold.state = 'over';
    }
  }

  commit(hold: PaperHold): Verdict {
    const live = hold.state === 'active' && hold.expiresAt > this.time;
    if (live && ![...hold.parts.keys()].some((lot) => this.expired(lot))) {
      hold.state = 'committed';
      return 'done';
    }
    this.giveBack(hold);
    // What lapsed is taken from others even where it does not suffice: the outcome is an answer, nothing is undone.
    const parts = this.take(hold.wanted, true);
    hold.state = parts ? 'committed' : 'over';
    if (parts) hold.parts = parts;
    return parts ? 'done' : 'short';
  }

  ship(hold: PaperHold, quantity: number): Verdict {
    if (sum(hold.parts) < quantity) return 'inventory.exceeds-hold';
    const good = (): number => [...hold.parts].reduce((all, [lot, n]) => all + (this.expired(lot) ? 0 : n), 0);
    if (good() < quantity) {
      const [parts, states] = [new Map(hold.parts), this.holds.map((each) => each.state)];
      const held = this.holds.map((each) => new Map(each.parts));
      const wanted = sum(hold.parts);
      this.giveBack(hold);
      const anew = this.take(wanted);
      if (!anew) {
        // Refused: all is as it was.
        this.holds.forEach((each, i) => Object.assign(each, { state: states[i], parts: held[i] }));
        hold.parts = parts;
        for (const [lot, n] of parts) lot.reserved += n;
        return 'inventory.out-of-stock';
      }
      hold.parts = anew;
    }
    let missing = quantity;
    for (const lot of this.lots) {
      const taken = this.expired(lot) ? 0 : Math.min(missing, hold.parts.get(lot) ?? 0);
      lot.onHand -= taken;
      lot.reserved -= taken;
      if (taken > 0) {
        move(hold.parts, lot, -taken);
        move(hold.shipped, lot, taken);
      }
      missing -= taken;
    }
    if (sum(hold.parts) === 0) hold.state = 'over';
    return 'done';
  }

  /** The freshest go back first. */
  release(hold: PaperHold, quantity: number): Verdict {
    if (sum(hold.parts) < quantity) return 'inventory.exceeds-hold';
    let missing = quantity;
    for (const lot of [...this.lots].reverse()) {
      const taken = Math.min(missing, hold.parts.get(lot) ?? 0);
      lot.reserved -= taken;
      if (taken > 0) move(hold.parts, lot, -taken);
      missing -= taken;
    }
    hold.wanted -= quantity;
    if (sum(hold.parts) === 0) hold.state = 'over';
    return 'done';
  }

  return(hold: PaperHold, quantity: number, disposition: 'restock' | 'scrap'): Verdict {
    if (sum(hold.shipped) < quantity) return 'inventory.exceeds-shipment';
    let missing = quantity;
    for (const lot of [...this.lots].reverse()) {
      const back = Math.min(missing, hold.shipped.get(lot) ?? 0);
      if (back > 0) move(hold.shipped, lot, -back);
      if (disposition === 'restock') lot.onHand += back;
      missing -= back;
    }
    return 'done';
  }

  adjust(expected: number, onHand: number): Verdict {
    if (expected !== this.onHand) return 'inventory.stale-count';
    const nameless = this.lots[2];
    if (onHand >= expected) {
      nameless.onHand += onHand - expected;
      return 'done';
    }
    if (this.lots.reduce((all, lot) => all + lot.onHand - lot.reserved, 0) < expected - onHand)
      return 'inventory.below-reserved';
    let missing = expected - onHand;
    for (const lot of [nameless, ...this.lots.filter((each) => each !== nameless)]) {
      const taken = Math.min(missing, lot.onHand - lot.reserved);
      lot.onHand -= taken;
      missing -= taken;
    }
    return 'done';
  }

  private expired(lot: PaperLot): boolean {
    return lot.expires !== null && lot.expires <= this.time;
  }

  private giveBack(hold: PaperHold): void {
    for (const [lot, n] of hold.parts) lot.reserved -= n;
    hold.parts = new Map();
  }

  /** First expired first out; where it is short, from holds that lapsed. Null, and nothing changed, where that is too little. */
  private take(quantity: number, keep = false): Map<PaperLot, number> | null {
    const free = (lot: PaperLot): number => (this.expired(lot) ? 0 : lot.onHand - lot.reserved);
    const allFree = (): number => this.lots.reduce((all, lot) => all + free(lot), 0);
    if (allFree() < quantity) {
      const lapsed = this.holds.filter((hold) => hold.state === 'active' && hold.expiresAt <= this.time);
      const before = lapsed.map((hold) => hold.parts);
      for (const hold of lapsed) this.giveBack(hold);
      if (allFree() < quantity && !keep) {
        lapsed.forEach((hold, i) => {
          hold.parts = before[i];
          for (const [lot, n] of hold.parts) lot.reserved += n;
        });
        return null;
      }
      for (const hold of lapsed) hold.state = 'taken';
      if (allFree() < quantity) return null;
    }
    const parts = new Map<PaperLot, number>();
    let missing = quantity;
    for (const lot of this.lots) {
      const taken = Math.min(missing, free(lot));
      if (taken > 0) move(parts, lot, taken);
      lot.reserved += taken;
      missing -= taken;
    }
    return parts;
  }
}
