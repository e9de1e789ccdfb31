import { invalid, type AppError } from '../../../kernel/errors/app-error';
import { addressFaults, type AddressFault } from '../../../kernel/text/postal-address';
import type { ShippingAddress } from './new-order';

export type { AddressFault } from '../../../kernel/text/postal-address';
export { addressFaults } from '../../../kernel/text/postal-address';

/** @param pointer where the address stands in the request. @throws AppError invalid `orders.address-invalid`, all faults named */
export function demandAddress(address: ShippingAddress, pointer = ''): void {
  const faults = addressFaults(address);
  if (faults.length > 0) throw addressInvalid(faults, pointer);
}

export const addressInvalid = (faults: readonly AddressFault[], pointer: string): AppError =>
  invalid('orders.address-invalid', 'Nothing can be delivered to this address.', {
    hint: 'Correct what `errors` names.',
    errors: faults.map(({ member, code, detail }) => ({ pointer: `${pointer}/${member}`, code, detail })),
  });
