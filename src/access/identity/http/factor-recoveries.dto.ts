/** How far a recovery is. Two of three proofs are needed besides the password. */
export class RecoveryProgressView {
  /**
   * The link in the mail was opened and confirmed.
   * @example true
   */
  emailConfirmed: boolean;
  /**
   * An administrator of the organization has consented.
   * @example false
   */
  approved: boolean;
  /** End of the waiting time, which is the third proof. */
  waitsUntil: Date;
  expiresAt: Date;
  /**
   * Proofs of which one more is needed at least; empty when the recovery can be carried out.
   * @example ["approval", "waiting"]
   */
  missing: ('email' | 'approval' | 'waiting')[];
}

/** Who asks for it. */
export class RecoveringUserView {
  id: string;
  /** @example Ada Lovelace */
  name: string;
  /** @example ada@example.org */
  email: string;
}

/** A member who has lost every factor. */
export class FactorRecoveryView {
  id: string;
  user: RecoveringUserView;
  /** @example true */
  emailConfirmed: boolean;
  /** @example false */
  approved: boolean;
  openedAt: Date;
  waitsUntil: Date;
  expiresAt: Date;
}

/** Open recoveries, the oldest first, at most 200. */
export class FactorRecoveriesView {
  data: FactorRecoveryView[];
}
