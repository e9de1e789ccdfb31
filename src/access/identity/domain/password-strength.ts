/** How hard a password is to guess, estimated from patterns (zxcvbn): a hint for the person, and a floor. */
export interface PasswordEstimate {
  /** 0 (guessed at once) to 4 (very hard). */
  score: 0 | 1 | 2 | 3 | 4;
  /** Guesses needed, as a power of ten. */
  guessesLog10: number;
  /** What would make it better, as sentences. */
  suggestions: string[];
}

/** Estimates passwords. */
export abstract class PasswordStrength {
  /** @param words what an attacker who knows the person tries first */
  abstract estimate(password: string, words: string[]): PasswordEstimate;
}
