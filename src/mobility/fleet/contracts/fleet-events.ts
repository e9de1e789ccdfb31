import { DomainEvent } from '../../../kernel/messaging/domain-event';

/** A meter of a vehicle was read. Aggregate: the vehicle. */
export class MeterRead extends DomainEvent<{
  vehicleId: string;
  /** `odometer` in metres, `engine_hours` in seconds. */
  meter: 'odometer' | 'engine_hours';
  /** Over the life of the vehicle. */
  total: number;
  /** When it was read, RFC 3339. */
  at: string;
}> {
  static override readonly type = 'fleet.meter-read.v1';
}

/** A licence or another document expires soon, or has expired. Aggregate: the document. */
export class DocumentExpiring extends DomainEvent<{
  documentId: string;
  documentType: string;
  vehicleId: string | null;
  driverId: string | null;
  /** Last day on which it holds, `2026-03-01`. */
  expiresOn: string;
  /** That day is over. */
  expired: boolean;
  /** Counts changes of the document. */
  revision: number;
}> {
  static override readonly type = 'fleet.document-expiring.v1';
}
