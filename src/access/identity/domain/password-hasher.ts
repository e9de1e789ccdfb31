/** A stored password hash: a PHC string, and which key of the keyring peppered it (null: none, an import). */
export interface StoredSecret {
  secret: string;
  pepperKey: string | null;
}

/** Hashes and verifies passwords; slow on purpose, so never inside a transaction. */
export abstract class PasswordHasher {
  /** @throws AppError 503 `identity.busy` when too many hashes wait already. */
  abstract hash(password: string): Promise<StoredSecret>;
  /**
   * Compares; against null it spends the same time and fails, so that an absent account costs what a present one does.
   * `stale` says that the hash should be made anew: an import, other parameters, a former pepper.
   * @throws AppError 503 `identity.busy`
   */
  abstract verify(password: string, stored: StoredSecret | null): Promise<{ ok: boolean; stale: boolean }>;
  /** Takes as long as a verification does now, without computing one: for tries that must not be told from verified ones. */
  abstract pretend(): Promise<void>;
  /** True for a hash that `verify` understands. */
  abstract knows(secret: string): boolean;
}
