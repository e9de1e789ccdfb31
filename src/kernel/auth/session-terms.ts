/** What cookies need to know of the session whose tokens an answer carries; it is no part of the answer. */
export interface SessionTerms {
  sessionId: string;
  /** False where the browser was asked to forget at its end. */
  remember: boolean;
  /** Seconds until the refresh token ends. */
  refreshSeconds: number;
}

const terms = new WeakMap<object, SessionTerms>();

/** Notes the terms of an answer with tokens. @returns the answer */
export function withTerms<A extends object>(answer: A, facts: SessionTerms): A {
  terms.set(answer, facts);
  return answer;
}

/** The terms of an answer with tokens. @throws Error for one that nobody noted, which is a programming fault */
export function termsOf(answer: object): SessionTerms {
  const found = terms.get(answer);
  if (!found) throw new Error('An answer with tokens says nothing of its session.');
  return found;
}
