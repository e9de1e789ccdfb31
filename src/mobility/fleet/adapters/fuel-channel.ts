import { Injectable } from '@nestjs/common';
import { Realtime } from '../../../kernel/realtime/realtime';

interface ToldChange {
  changeId: string;
  vehicleId: string;
  kind: 'refill' | 'drop';
  /** Millilitres, grams or watt hours. */
  quantity: number;
}

/** Tells staff that a tank was filled, or lost fuel; after the commit. Where it was is read by whoever may. */
@Injectable()
export class FuelChannel {
  constructor(private readonly realtime: Realtime) {}

  changed(tenantId: string, change: ToldChange): void {
    this.realtime.toStaff(tenantId, 'fleet.fuel-level-changed', change);
  }
}
