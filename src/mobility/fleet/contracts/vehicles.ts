import { Query } from '@nestjs/cqrs';

/** A vehicle or trailer of the organization. */
export interface VehicleRef {
  id: string;
  fleetId: string | null;
  /** It is driven no more, and takes nothing in. */
  retired: boolean;
}

/** Those of the vehicles that the organization has, in no order. At most 1000 ids. */
export class FindVehiclesQuery extends Query<VehicleRef[]> {
  constructor(readonly request: { ids: readonly string[] }) {
    super();
  }
}
