import { maybeContext } from '../context/request-context';
import type { OpenTransaction } from './open-transaction';

/**
 * Runs work side by side and waits for all of it, so that nothing is left running when some of it fails; then throws the
 * first error in the order given. Within a transaction the statements that several pieces of work ask for at the same
 * moment share a trip, in the order in which they were asked for: what the first asks for at once goes before what the
 * second does, which is how locks keep their order. No work may set a savepoint.
 */
export async function together<T extends readonly unknown[]>(
  ...work: { readonly [K in keyof T]: () => Promise<T[K]> }
): Promise<T> {
  const open = maybeContext()?.transaction as OpenTransaction | undefined;
  const all = (): Promise<PromiseSettledResult<unknown>[]> => Promise.allSettled(work.map(async (begin) => begin()));
  const settled = await (open ? open.sideBySide(all) : all());
  const failed = settled.find((each) => each.status === 'rejected');
  if (failed) throw failed.reason;
  return settled.map((each) => (each as PromiseFulfilledResult<unknown>).value) as unknown as T;
}
