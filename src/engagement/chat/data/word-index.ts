import { Injectable } from '@nestjs/common';
import { Keyring } from '../../../kernel/crypto/keyring';
import { askedWords, wordQuery, wordsOf, type SearchMode } from '../domain/search-words';

/** Digits of a digest that stands for a word: 80 bits. */
const DIGITS = 20;

/** What messages are found by, in the tenant's mode of search. */
@Injectable()
export class WordIndex {
  constructor(private readonly keyring: Keyring) {}

  /** Null where the text is not to be found. */
  wordsOf(tenantId: string, mode: SearchMode, text: string): string[] | null {
    if (mode === 'off') return null;
    const words = wordsOf(text);
    return mode === 'plain'
      ? words
      : words.map((word) => this.digest(this.keyring.hmac('chat words', `${tenantId} ${word}`)));
  }

  /** The text search for a person's words; null where nothing of it can be asked. */
  queryOf(tenantId: string, mode: SearchMode, question: string): string | null {
    const words = askedWords(question);
    if (mode === 'plain')
      return wordQuery(
        words.map((word) => [word]),
        true,
      );
    // What was written under a master key that was replaced since is found too.
    const forms = (word: string): string[] =>
      this.keyring.hmacs('chat words', `${tenantId} ${word}`).map((mac) => this.digest(mac));
    return wordQuery(words.map(forms), false);
  }

  private digest(mac: Buffer): string {
    return mac.toString('hex').slice(0, DIGITS);
  }
}
