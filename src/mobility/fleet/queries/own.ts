import { hasPermission } from '../../../kernel/auth/principal';
import { currentContext } from '../../../kernel/context/request-context';

/** No user: whoever has none of its own sees nothing. */
const NOBODY = '00000000-0000-0000-0000-000000000000';

/** The user whose own things alone the caller sees; null: it sees those of all. */
export function narrowedTo(): string | null {
  const { principal } = currentContext();
  const all = hasPermission(principal, 'fleet:read') || hasPermission(principal, 'fleet:write');
  return all ? null : (principal.userId ?? NOBODY);
}

/** Condition for what whoever drives for the organization may see; everything where the parameter is null. */
export const forDrivers = (parameter: string): string =>
  `(${parameter}::uuid is null or exists (select from fleet.drivers me where me.tenant_id = kernel.tenant_id()
      and me.user_id = ${parameter}::uuid and me.active))`;

/** Condition for vehicles that a user drives now; everything where the parameter is null. */
export const drivenBy = (vehicleId: string, parameter: string): string =>
  `(${parameter}::uuid is null or exists (select from fleet.assignments own join fleet.drivers me
      on me.tenant_id = own.tenant_id and me.id = own.driver_id
    where own.tenant_id = kernel.tenant_id() and own.vehicle_id = ${vehicleId} and own.kind = 'driver' and own.during @> kernel.now()
      and me.user_id = ${parameter}::uuid and me.active))`;
