/** Pieces of one cost; negative where more left than came. */
export interface CostLayer {
  quantity: number;
  /** Minor units a piece. */
  cost: number;
}

/**
 * What stock cost, layer by layer: first in first out, or last in first out. Quantities and costs are integers, so value
 * in − value out = value left exactly, as long as nothing leaves that never came. What leaves beyond the stock makes a
 * negative layer at the cost given, which the next receipt fills at its own cost (as ERPNext's valuation does).
 */
export class CostLayers {
  private layers: CostLayer[] = [];

  constructor(private readonly order: 'fifo' | 'lifo' = 'fifo') {}

  /** What is left, oldest first. */
  get left(): readonly CostLayer[] {
    return this.layers;
  }

  get value(): number {
    return this.layers.reduce((sum, { quantity, cost }) => sum + quantity * cost, 0);
  }

  receive(quantity: number, cost: number): void {
    const last = this.layers.at(-1);
    if (last && last.quantity < 0) {
      const rest = last.quantity + quantity;
      this.layers.pop();
      if (rest !== 0) this.layers.push({ quantity: rest, cost: rest > 0 ? cost : last.cost });
    } else if (last?.cost === cost) last.quantity += quantity;
    else this.layers.push({ quantity, cost });
  }

  /** @returns what left, in the order in which it left; `costBeyond` is what a piece counts that never came */
  issue(quantity: number, costBeyond = 0): CostLayer[] {
    const gone: CostLayer[] = [];
    let missing = quantity;
    while (missing > 0) {
      const at = this.order === 'fifo' ? 0 : this.layers.length - 1;
      const layer = this.layers[at];
      if (!layer || layer.quantity < 0) {
        gone.push({ quantity: missing, cost: costBeyond });
        if (layer) layer.quantity -= missing;
        else this.layers.push({ quantity: -missing, cost: costBeyond });
        return gone;
      }
      const taken = Math.min(layer.quantity, missing);
      gone.push({ quantity: taken, cost: layer.cost });
      layer.quantity -= taken;
      if (layer.quantity === 0) this.layers.splice(at, 1);
      missing -= taken;
    }
    return gone;
  }
}
