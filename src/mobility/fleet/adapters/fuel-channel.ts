import { Injectable } from '@nestjs/common';
import { Realtime } from '../../../kernel/realtime/realtime';

interface ToldChange {
  changeId: string;
  vehicleId: string;
  kind: 'refill' | 'drop';
  /** Millilitres, grams or watt hours. */
  quantity: number;
  /** When it began, RFC 3339. */
  at: string;
  lat: number;
  lng: number;
}

/** Tells staff that a tank was filled, or lost fuel; after the commit. Who misses it reads it. */
@Injectable()
export class FuelChannel {
  constructor(private readonly realtime: Realtime) {}

  changed(tenantId: string, change: ToldChange): void {
    this.realtime.toStaff(tenantId, 'fleet.fuel-level-changed', change);
  }
}
