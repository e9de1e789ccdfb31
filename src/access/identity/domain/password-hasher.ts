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
   * @param since when the try began (`monotonicMs()`): what it took from there on is what `pretend` takes
   * @throws AppError 503 `identity.busy`
   */
  abstract verify(
    password: string,
    stored: StoredSecret | null,
    since?: number,
  ): Promise<{ ok: boolean; stale: boolean }>;
  /**
   * Ends as long after `since` as a try that is verified does now, without computing anything: for tries that must not be
   * told from verified ones.
   */
  abstract pretend(since: number): Promise<void>;
  /** True for a hash that `verify` understands. */
  abstract knows(secret: string): boolean;
}
