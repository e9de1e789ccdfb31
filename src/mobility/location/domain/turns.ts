/** Organizations that are remembered at most; whoever is forgotten counts as new. */
const MOST = 10_000;

/** Whose turn it is among organizations that wait: that which was served longest ago, so that who asks for much holds up nobody else. */
export class Turns {
  private readonly served = new Map<string, number>();
  private turn = 0;

  /** The one to be served; of equals the first. Undefined where nobody waits. */
  next(waiting: Iterable<string>): string | undefined {
    let first: string | undefined;
    let least = Infinity;
    for (const one of waiting) {
      const last = this.served.get(one) ?? 0;
      if (last >= least) continue;
      least = last;
      first = one;
    }
    return first;
  }

  took(one: string): void {
    if (this.served.size >= MOST) this.served.clear();
    this.served.set(one, ++this.turn);
  }
}
