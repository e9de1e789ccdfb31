/**
 * A transfer between two locations: `draft` is a plan and moves nothing; `shipped` goods are under way, owned and at no
 * location; `received` when every piece arrived or was said to be lost; `cancelled` as a draft, or with what was under
 * way put back where it came from. End states never change (a trigger says so too, with the same edges).
 */
export const TRANSFER_STATES = ['draft', 'shipped', 'received', 'cancelled'] as const;
export type TransferState = (typeof TRANSFER_STATES)[number];

const EDGES: Record<TransferState, readonly TransferState[]> = {
  draft: ['shipped', 'cancelled'],
  shipped: ['received', 'cancelled'],
  received: [],
  cancelled: [],
};

export const canMoveTransfer = (from: TransferState, to: TransferState): boolean => EDGES[from].includes(to);

/** Pieces of one lot under way. */
export interface TravellingLot {
  id: string;
  lineId: string;
  /** Where they came from. */
  lotId: string;
  number: string | null;
  receivedAt: Date;
  bestBeforeAt: Date | null;
  expiresAt: Date | null;
  removeAt: Date | null;
  alertAt: Date | null;
  unitCost: number | null;
  costCurrency: string | null;
  quantity: number;
  received: number;
  lost: number;
  returned: number;
}

export const underWay = (lot: Pick<TravellingLot, 'quantity' | 'received' | 'lost' | 'returned'>): number =>
  lot.quantity - lot.received - lot.lost - lot.returned;

/** What is said of one line at the target. */
export interface Arrived {
  lineId: string;
  received: number;
  lost: number;
  /** Of this batch alone. */
  lotNumber?: string;
  /** Which pieces arrived, of articles that have serial numbers; default those that came into stock first. */
  serials?: string[];
  /** Of these pieces under way alone. */
  transferLotId?: string;
}

/** What happens to pieces of one travelling lot. */
export interface Settled {
  lot: TravellingLot;
  received: number;
  lost: number;
}

/**
 * Which lots the pieces that arrived or were lost belong to: in the order given (first to expire first), what arrived
 * before what was lost.
 * @returns null for an arrival that says more than is under way
 */
export function settleArrival(
  lots: readonly TravellingLot[],
  arrived: readonly Arrived[],
): { settled: Settled[]; exceeded: null } | { settled: null; exceeded: { lineId: string; underWay: number } } {
  const parts = new Map<string, Settled>(lots.map((lot) => [lot.id, { lot, received: 0, lost: 0 }]));
  for (const { lineId, lotNumber, transferLotId, received, lost } of arrived) {
    const own = lots.filter(
      (lot) =>
        lot.lineId === lineId &&
        (lotNumber === undefined || lot.number === lotNumber) &&
        (transferLotId === undefined || lot.id === transferLotId),
    );
    const left = (lot: TravellingLot): number => underWay(lot) - parts.get(lot.id)!.received - parts.get(lot.id)!.lost;
    const there = own.reduce((sum, lot) => sum + left(lot), 0);
    if (received + lost > there) return { settled: null, exceeded: { lineId, underWay: there } };
    for (const [fate, quantity] of [
      ['received', received],
      ['lost', lost],
    ] as const) {
      let missing = quantity;
      for (const lot of own) {
        const taken = Math.min(missing, left(lot));
        parts.get(lot.id)![fate] += taken;
        missing -= taken;
      }
    }
  }
  return { settled: [...parts.values()].filter((part) => part.received + part.lost > 0), exceeded: null };
}
