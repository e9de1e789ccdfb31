/**
 * Stock of one SKU at two places as one would keep it on paper: the plain model that the product is compared with.
 * Times are seconds from the beginning.
 */
export const PLACES = ['main', 'annex'] as const;
export type Place = (typeof PLACES)[number];
export const APART = ['damaged', 'quarantine'] as const;
export type PaperState = 'available' | (typeof APART)[number];

export interface PaperLot {
  place: Place;
  /** Null: goods without a batch number. */
  number: string | null;
  expires: number | null;
  onHand: number;
  reserved: number;
  /** Pieces that cannot be sold. */
  apart: Record<(typeof APART)[number], number>;
  /** It was in the house at least once. */
  known: boolean;
  /** How often somebody corrected it. */
  corrections: number;
}

export interface PaperTransfer {
  to: Place;
  /** What is under way, by the lot that it left, first to expire first. */
  parts: Map<PaperLot, number>;
}

/** One count of the main place; what nobody counted stays. */
export interface PaperCount {
  lines: Map<PaperLot, { counted: number; expected: number; corrections: number }>;
}

export interface PaperHold {
  /** `taken`: it lapsed, and others have its goods; the timer has not come yet. */
  state: 'active' | 'taken' | 'committed' | 'over';
  /** A cart has it, which is promised nothing. */
  cart: boolean;
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

/** Pieces that are neither promised nor set apart. */
const free = (lot: PaperLot): number => lot.onHand - lot.reserved - lot.apart.damaged - lot.apart.quarantine;
const correct = (lot: PaperLot, change: number): void => {
  lot.onHand += change;
  if (change !== 0) lot.corrections += 1;
};

export class PaperStock {
  time = 0;
  readonly holds: PaperHold[] = [];
  readonly transfers: PaperTransfer[] = [];
  count: PaperCount | null = null;
  /** In the order in which they are given out: the first two expire, the nameless one was there before `K`. */
  readonly lots: PaperLot[] = PLACES.flatMap((place) =>
    [
      { number: 'E1', expires: 550 },
      { number: 'E2', expires: 1550 },
      { number: null, expires: null },
      { number: 'K', expires: null },
    ].map((lot) => ({
      place,
      ...lot,
      onHand: 0,
      reserved: 0,
      apart: { damaged: 0, quarantine: 0 },
      known: lot.number === null,
      corrections: 0,
    })),
  );

  /** At the main place. */
  get onHand(): number {
    return this.at('main').reduce((all, lot) => all + lot.onHand, 0);
  }

  at(place: Place): PaperLot[] {
    return this.lots.filter((lot) => lot.place === place);
  }

  lot(place: Place, number: string | null): PaperLot {
    return this.at(place).find((lot) => lot.number === number)!;
  }

  receive(number: string | null, quantity: number): void {
    const lot = this.lot('main', number);
    lot.onHand += quantity;
    lot.known = true;
  }

  /** Plans and sends at once. What is past its day stays. */
  send(to: Place, quantity: number): Verdict {
    const lots = this.lots.filter((lot) => lot.place !== to && !this.expired(lot));
    if (lots.reduce((all, lot) => all + free(lot), 0) < quantity) return 'inventory.out-of-stock';
    const parts = new Map<PaperLot, number>();
    let missing = quantity;
    for (const lot of lots) {
      const taken = Math.min(missing, free(lot));
      if (taken > 0) move(parts, lot, taken);
      lot.onHand -= taken;
      missing -= taken;
    }
    this.transfers.push({ to, parts });
    return 'done';
  }

  /** What arrives lands in the batch that it is of; what is lost is no more. */
  arrive({ to, parts }: PaperTransfer, received: number, lost: number): Verdict {
    if (sum(parts) < received + lost) return 'inventory.exceeds-transfer';
    for (const [fate, quantity] of [
      ['received', received],
      ['lost', lost],
    ] as const) {
      let missing = quantity;
      for (const [lot, under] of [...parts]) {
        const taken = Math.min(missing, under);
        if (taken > 0) move(parts, lot, -taken);
        const landed = this.lot(to, lot.number);
        landed.known = true;
        if (fate === 'received') landed.onHand += taken;
        missing -= taken;
      }
    }
    return 'done';
  }

  callBack({ parts }: PaperTransfer): void {
    for (const [lot, quantity] of [...parts]) {
      lot.onHand += quantity;
      move(parts, lot, -quantity);
    }
  }

  /** At the main place, what expires first before all, whether it is past its day or not. */
  change(from: PaperState, to: PaperState | 'written_off', quantity: number): Verdict {
    const there = (lot: PaperLot): number => (from === 'available' ? free(lot) : lot.apart[from]);
    const lots = this.at('main');
    if (lots.reduce((all, lot) => all + there(lot), 0) < quantity) return 'inventory.exceeds-state';
    let missing = quantity;
    for (const lot of lots) {
      const taken = Math.min(missing, there(lot));
      if (from !== 'available') lot.apart[from] -= taken;
      if (to === 'written_off') lot.onHand -= taken;
      else if (to !== 'available') lot.apart[to] += taken;
      missing -= taken;
    }
    return 'done';
  }

  /** Somebody counts a batch at the main place. */
  find(number: string | null, counted: number): Verdict {
    const lot = this.lot('main', number);
    if (!lot.known) return 'inventory.lot-not-found';
    this.count!.lines.set(lot, { counted, expected: lot.onHand, corrections: lot.corrections });
    return 'done';
  }

  approve(): Verdict {
    const lines = [...this.count!.lines].filter(([, line]) => line.counted !== line.expected);
    if (lines.some(([lot, line]) => lot.corrections > line.corrections)) return 'inventory.count-superseded';
    if (lines.some(([lot, line]) => free(lot) + line.counted - line.expected < 0)) return 'inventory.below-reserved';
    for (const [lot, { counted, expected }] of lines) correct(lot, counted - expected);
    this.count = null;
    return 'done';
  }

  reserve(quantity: number, seconds: number): Verdict {
    const parts = this.take(quantity);
    if (!parts) return 'inventory.out-of-stock';
    this.begin(quantity, seconds, parts, false);
    return 'done';
  }

  private begin(wanted: number, seconds: number, parts: Map<PaperLot, number>, cart: boolean): PaperHold {
    const hold: PaperHold = {
      state: 'active',
      cart,
      wanted,
      expiresAt: this.time + seconds,
      parts,
      shipped: new Map(),
    };
    this.holds.push(hold);
    return hold;
  }

  /**
   * A cart, or the order that is made of one, holds so many in place of what the cart holds, if anything: the same pieces where
   * they are as many and good. @returns null where they are not to be had, and all is as it was
   */
  succeed(old: PaperHold | null, quantity: number, seconds: number, cart: boolean): PaperHold | null {
    const live = old?.state === 'active' && old.expiresAt > this.time;
    if (live && old.wanted === quantity && ![...old.parts.keys()].some((lot) => this.expired(lot)))
      return Object.assign(old, { cart, expiresAt: this.time + seconds });
    const before = old && { state: old.state, parts: old.parts };
    if (old) this.empty(old);
    const parts = this.take(quantity);
    if (parts) return this.begin(quantity, seconds, parts, cart);
    if (old && before) {
      Object.assign(old, before);
      for (const [lot, n] of old.parts) lot.reserved += n;
    }
    return null;
  }

  empty(hold: PaperHold): void {
    this.giveBack(hold);
    hold.state = 'over';
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
    for (const lot of PLACES.flatMap((place) => this.at(place).reverse())) {
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
    for (const lot of this.lastFirst()) {
      const back = Math.min(missing, hold.shipped.get(lot) ?? 0);
      if (back > 0) move(hold.shipped, lot, -back);
      if (disposition === 'restock') lot.onHand += back;
      missing -= back;
    }
    return 'done';
  }

  adjust(expected: number, onHand: number): Verdict {
    if (expected !== this.onHand) return 'inventory.stale-count';
    const nameless = this.lot('main', null);
    if (onHand >= expected) {
      correct(nameless, onHand - expected);
      return 'done';
    }
    const lots = this.at('main');
    if (lots.reduce((all, lot) => all + free(lot), 0) < expected - onHand) return 'inventory.below-reserved';
    let missing = expected - onHand;
    for (const lot of [nameless, ...lots.filter((each) => each !== nameless)]) {
      const taken = Math.min(missing, free(lot));
      correct(lot, -taken);
      missing -= taken;
    }
    return 'done';
  }

  /** What left last comes back first: what keeps, then what expires later; of one batch the lot that was made later. */
  private lastFirst(): PaperLot[] {
    const numbers = ['K', null, 'E2', 'E1'];
    return numbers.flatMap((number) => [this.lot('annex', number), this.lot('main', number)]);
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
    const given = (lot: PaperLot): number => (this.expired(lot) ? 0 : free(lot));
    const allFree = (): number => this.lots.reduce((all, lot) => all + given(lot), 0);
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
      const taken = Math.min(missing, given(lot));
      if (taken > 0) move(parts, lot, taken);
      lot.reserved += taken;
      missing -= taken;
    }
    return parts;
  }
}
