/** What a look-up of a proof found. */
export type ProofAnswer = { proven: true } | { proven: false; fault: string };

/** Looks up whether a domain's owner has put our text into its DNS. Swapped: name servers, or trust in development. */
export abstract class DomainProof {
  /** Never throws for what DNS answers; `fault` is a sentence for the owner. Network: never inside a transaction. */
  abstract look(host: string, token: string): Promise<ProofAnswer>;
}
