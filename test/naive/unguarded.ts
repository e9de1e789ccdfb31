import type { Store } from '../../src/kernel/database/store';
import type { Transaction } from '../../src/kernel/database/transaction';
import type { UnitOfWork } from '../../src/kernel/database/unit-of-work';

/** How a guard reads in SQL, and what stands in its place without it. */
type Guard = readonly [reads: RegExp | string, instead: string];

/** A lock at the end of a statement. */
export const LOCK: Guard = [/ for (?:no key )?update(?: of \w)?$/, ''];
/** The lock with which the store loads. */
export const LOCK_OF_A_LOAD: Guard = ['lock of a load', ''];

/** Calls of some methods go another way, all others as they are. */
const instead = <T extends object>(target: T, methods: Partial<T>): T =>
  new Proxy(target, {
    get: (from, name) => {
      if (name in methods) return methods[name as keyof T];
      const value = Reflect.get(from, name, from) as unknown;
      return typeof value === 'function' ? (value.bind(from) as unknown) : value;
    },
  });

/** Transactions whose statements are sent without some of their guards. */
export class Unguarded {
  private readonly guards: readonly Guard[];
  private readonly missing: Set<Guard>;

  constructor(...guards: Guard[]) {
    this.guards = guards;
    this.missing = new Set(guards);
  }

  /** The transaction, without these guards. */
  of(tx: Transaction): Transaction {
    return instead(tx, {
      query: <Row extends object>(text: string, params?: unknown[]) => tx.query<Row>(this.text(text), params),
      execute: (text, params) => tx.execute(this.text(text), params),
      later: (text, params, otherwise) => tx.later(this.text(text), params, otherwise),
      ...(this.guards.includes(LOCK_OF_A_LOAD) && { store: this.store(tx.store) }),
    });
  }

  /** A unit of work whose transactions are without these guards. */
  unit(uow: UnitOfWork): UnitOfWork {
    return instead(uow, { current: () => this.of(uow.current()) });
  }

  /**
   * Between a race and its assertions: a variant that changed nothing proves nothing.
   * @throws where some guard was in none of the statements
   */
  expectFound(): void {
    if (this.missing.size === 0) return;
    const missing = [...this.missing].map(([reads]) => String(reads)).join('" and "');
    throw new Error(`A naive variant has nothing to change: no statement had "${missing}".`);
  }

  private text(text: string): string {
    let naive = text;
    for (const guard of this.guards) {
      const before = naive;
      naive = before.replace(guard[0], guard[1]);
      if (naive !== before) this.missing.delete(guard);
    }
    return naive;
  }

  private store(store: Store): Store {
    const unlocked = <T extends { lock?: unknown }>(options?: T): T => {
      if (options?.lock !== false) this.missing.delete(LOCK_OF_A_LOAD);
      return { ...options, lock: false } as T;
    };
    return instead<Store>(store, {
      load: (entity, id, options) => store.load(entity, id, unlocked(options)),
      loadMany: (entity, where, options) => store.loadMany(entity, where, unlocked(options)),
    });
  }
}
