/**
 * Orders of a small shop as one would keep them on paper: pieces, money and stock, by plain sums. What lines cost is told
 * by the product; what becomes of that is reckoned here.
 */
export const SKUS = ['A', 'B'] as const;
export type Sku = (typeof SKUS)[number];
export type Pieces = Partial<Record<Sku, number>>;
export type Verdict = 'done' | 'refused';

export interface PaperLine {
  sku: Sku;
  quantity: number;
  /** With tax, minor units. */
  cost: number;
  shipped: number;
  cancelled: number;
  returned: number;
}

export interface PaperReturn {
  state: 'approved' | 'received' | 'inspected' | 'refunded' | 'closed' | 'cancelled';
  pieces: Pieces;
  worth: number;
}

export interface PaperOrder {
  lines: PaperLine[];
  paid: number;
  refunded: number;
  state: 'unpaid' | 'paid' | 'cancelled' | 'closed';
  held: boolean;
  /** Its goods lie there for it. */
  keeps: boolean;
  /** Its last try to pay was declined; after minutes its goods are given back. */
  declined: boolean;
  /** Staff's have days to be paid, a shopper's have minutes. */
  patient: boolean;
  returns: PaperReturn[];
}

const pairs = (pieces: Pieces): [Sku, number][] =>
  SKUS.flatMap((sku) => (pieces[sku] ? [[sku, pieces[sku]] as [Sku, number]] : []));
const open = (line: PaperLine): number => line.quantity - line.shipped - line.cancelled;
/** What the next pieces of a line cost, when so many are accounted for: each piece its share, halves up, all of them all. */
const share = ({ cost, quantity }: PaperLine, before: number, count: number): number => {
  const upTo = (pieces: number): number => Math.floor((2 * cost * pieces + quantity) / (2 * quantity));
  return upTo(before + count) - upTo(before);
};
const under = ({ state }: PaperReturn): boolean => ['approved', 'received', 'inspected'].includes(state);

export class PaperShop {
  orders: PaperOrder[] = [];
  onHand: Record<Sku, number>;

  constructor(stock: number) {
    this.onHand = { A: stock, B: stock };
  }

  reserved(sku: Sku): number {
    return this.orders
      .filter(({ keeps }) => keeps)
      .flatMap(({ lines }) => lines)
      .filter((line) => line.sku === sku)
      .reduce((all, line) => all + open(line), 0);
  }

  status(order: PaperOrder): string {
    if (order.state === 'cancelled' || order.state === 'closed') return order.state;
    if (order.held) return 'on_hold';
    if (order.state === 'unpaid') return 'pending_payment';
    if (order.returns.some(under)) return 'returning';
    const came = order.returns.some(({ state }) => state !== 'cancelled');
    if (came && order.lines.every((line) => line.returned + line.cancelled === line.quantity)) return 'returned';
    if (order.lines.every((line) => open(line) === 0)) return 'fulfilled';
    return order.lines.some((line) => line.shipped > 0) ? 'partly_fulfilled' : 'paid';
  }

  private underway = (order: PaperOrder): boolean => ['paid', 'partly_fulfilled'].includes(this.status(order));
  private line = (order: PaperOrder, sku: Sku): PaperLine | undefined => order.lines.find((each) => each.sku === sku);
  private free = (sku: Sku): number => this.onHand[sku] - this.reserved(sku);
  private fits = (order: PaperOrder, pieces: Pieces, room: (line: PaperLine) => number): boolean =>
    pairs(pieces).length > 0 &&
    pairs(pieces).every(([sku, count]) => {
      const line = this.line(order, sku);
      return line !== undefined && count <= room(line);
    });

  /** What it costs is filled in by whoever asked the product. */
  private order = (pieces: Pieces, patient: boolean): PaperOrder => ({
    lines: pairs(pieces).map(([sku, quantity]) => ({ sku, quantity, cost: 0, shipped: 0, cancelled: 0, returned: 0 })),
    paid: 0,
    refunded: 0,
    state: 'unpaid',
    held: false,
    keeps: true,
    declined: false,
    patient,
    returns: [],
  });

  place(pieces: Pieces, patient = false): PaperOrder | null {
    if (pairs(pieces).length === 0 || pairs(pieces).some(([sku, count]) => count > this.free(sku))) return null;
    const order = this.order(pieces, patient);
    this.orders.push(order);
    return order;
  }

  pay(order: PaperOrder, declined: boolean): Verdict {
    if (this.status(order) !== 'pending_payment') return 'refused';
    if (!order.keeps && order.lines.some((line) => open(line) > this.free(line.sku))) return 'refused';
    order.keeps = true;
    order.declined = declined;
    if (declined) return 'done';
    order.paid = order.lines.reduce((all, { cost }) => all + cost, 0);
    order.state = 'paid';
    return 'done';
  }

  /** An hour: unpaid orders of shoppers are given up; others whose payment was declined keep no goods. */
  hour(): void {
    for (const order of this.orders.filter((each) => each.state === 'unpaid')) {
      if (!order.patient) order.state = 'cancelled';
      if (!order.patient || order.declined) order.keeps = false;
    }
  }

  ship(order: PaperOrder, pieces: Pieces): Verdict {
    if (!this.underway(order) || !this.fits(order, pieces, open)) return 'refused';
    for (const [sku, count] of pairs(pieces)) {
      this.line(order, sku)!.shipped += count;
      this.onHand[sku] -= count;
    }
    return 'done';
  }

  /** As many of the pieces as are in the house, or out there. */
  some(order: PaperOrder, asked: Pieces, where: 'here' | 'out'): Pieces {
    const room = (line: PaperLine): number => (where === 'here' ? open(line) : line.shipped - line.returned);
    return Object.fromEntries(order.lines.map((line) => [line.sku, Math.min(asked[line.sku] ?? 0, room(line))]));
  }

  rest(order: PaperOrder): Pieces {
    return Object.fromEntries(order.lines.map((line) => [line.sku, open(line)]));
  }

  cancel(order: PaperOrder): Verdict {
    const left = order.lines.some(({ shipped }) => shipped > 0);
    if (!['pending_payment', 'paid', 'on_hold'].includes(this.status(order)) || left) return 'refused';
    order.state = 'cancelled';
    order.keeps = false;
    order.refunded = order.paid;
    return 'done';
  }

  cancelLines(order: PaperOrder, pieces: Pieces): Verdict {
    if (!this.underway(order) || !this.fits(order, pieces, open)) {
      // Naming everything is the same as cancelling the order, also of one that is held or was not paid.
      const everything = order.lines.every(
        (line) => line.shipped === 0 && (pieces[line.sku] ?? 0) === line.quantity - line.cancelled,
      );
      return everything && this.fits(order, pieces, open) ? this.cancel(order) : 'refused';
    }
    if (order.lines.every((line) => line.shipped === 0 && open(line) === (pieces[line.sku] ?? 0)))
      return this.cancel(order);
    for (const [sku, count] of pairs(pieces)) {
      const line = this.line(order, sku)!;
      this.giveBack(order, share(line, line.cancelled + line.returned, count));
      line.cancelled += count;
    }
    return 'done';
  }

  private giveBack(order: PaperOrder, amount: number): void {
    order.refunded += amount;
  }

  hold(order: PaperOrder): Verdict {
    if (!this.underway(order)) return 'refused';
    order.held = true;
    return 'done';
  }

  letGo(order: PaperOrder): Verdict {
    if (!order.held || order.state !== 'paid') return 'refused';
    order.held = false;
    return 'done';
  }

  /** A line is to have so many pieces. @returns what was added is an order of its own where the first is paid */
  edit(order: PaperOrder, sku: Sku, quantity: number): { verdict: Verdict; addition: PaperOrder | null } {
    const refused = { verdict: 'refused' as const, addition: null };
    const line = this.line(order, sku);
    if (!line) return refused;
    const more = quantity - (line.quantity - line.cancelled);
    if (more === 0) return refused;
    if (this.status(order) === 'pending_payment') {
      const after = order.lines.map((each) => ({ ...each, quantity: each === line ? quantity : each.quantity }));
      const lines = after.filter((each) => each.quantity > 0);
      const keep = (each: Sku): number => (order.keeps ? (this.line(order, each)?.quantity ?? 0) : 0);
      if (lines.length === 0 || lines.some((each) => each.quantity > this.free(each.sku) + keep(each.sku)))
        return refused;
      order.lines = lines;
      order.keeps = true;
      order.declined = false;
      return { verdict: 'done', addition: null };
    }
    if (!this.underway(order)) return refused;
    if (more < 0) return { verdict: this.cancelLines(order, { [sku]: -more }), addition: null };
    const addition = this.place({ [sku]: more }, true);
    return { verdict: addition ? 'done' : 'refused', addition };
  }

  announce(order: PaperOrder, pieces: Pieces): PaperReturn | null {
    if (!['partly_fulfilled', 'fulfilled', 'returning'].includes(this.status(order))) return null;
    const coming = (sku: Sku): number =>
      order.returns.filter(({ state }) => state === 'approved').reduce((all, each) => all + (each.pieces[sku] ?? 0), 0);
    if (!this.fits(order, pieces, (line) => line.shipped - line.returned - coming(line.sku))) return null;
    const back: PaperReturn = { state: 'approved', pieces, worth: 0 };
    order.returns.push(back);
    return back;
  }

  receive(order: PaperOrder, back: PaperReturn): Verdict {
    if (back.state !== 'approved') return 'refused';
    for (const [sku, count] of pairs(back.pieces)) {
      const line = this.line(order, sku)!;
      back.worth += share(line, line.cancelled + line.returned, count);
      line.returned += count;
    }
    back.state = 'received';
    return 'done';
  }

  inspect(back: PaperReturn, restock: boolean): Verdict {
    if (back.state !== 'received') return 'refused';
    if (restock) for (const [sku, count] of pairs(back.pieces)) this.onHand[sku] += count;
    back.state = 'inspected';
    return 'done';
  }

  refund(order: PaperOrder, back: PaperReturn): Verdict {
    if (back.state !== 'inspected') return 'refused';
    this.giveBack(order, back.worth);
    back.state = 'refunded';
    return 'done';
  }

  /** Ends a return: nobody sends the goods, or no money goes back for them. */
  end(back: PaperReturn, how: 'cancelled' | 'closed'): Verdict {
    if (back.state !== (how === 'cancelled' ? 'approved' : 'inspected')) return 'refused';
    back.state = how;
    return 'done';
  }

  close(order: PaperOrder): Verdict {
    if (!['fulfilled', 'returned'].includes(this.status(order))) return 'refused';
    order.state = 'closed';
    order.keeps = false;
    return 'done';
  }
}
