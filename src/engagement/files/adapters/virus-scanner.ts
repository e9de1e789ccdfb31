/** What a scanner said of bytes. */
export type ScanResult =
  | { outcome: 'clean' }
  | { outcome: 'infected'; signature: string }
  /** It will never say: too large for it, or it cannot read them. */
  | { outcome: 'unscannable'; reason: string };

/** The scanner could not be asked now. Nothing is known of the bytes. */
export class ScannerAway extends Error {
  constructor(
    reason: string,
    override readonly cause?: unknown,
  ) {
    super(reason);
    this.name = 'ScannerAway';
  }
}

/** Looks for viruses. */
export abstract class VirusScanner {
  abstract readonly isConfigured: boolean;
  /** @param open opens the bytes from their beginning; again where they have to be sent again. @throws ScannerAway */
  abstract scan(open: () => AsyncIterable<Buffer>): Promise<ScanResult>;
  /** Throws where it does not answer. */
  abstract check(): Promise<void>;
}
