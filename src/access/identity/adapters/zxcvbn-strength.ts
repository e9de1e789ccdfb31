import { Injectable } from '@nestjs/common';
import { ZxcvbnFactory, type ZxcvbnResult } from '@zxcvbn-ts/core';
import { adjacencyGraphs, dictionary } from '@zxcvbn-ts/language-common';
import { PasswordStrength, type PasswordEstimate } from '../domain/password-strength';

/** Characters that are looked at: matching grows with the square of the length, and so many are enough to judge by. */
const LOOKED_AT = 60;

const WARNINGS: Record<string, string> = {
  straightRow: 'Rows of the keyboard are easy to guess.',
  keyPattern: 'Patterns on the keyboard are easy to guess.',
  simpleRepeat: 'Repeated characters are easy to guess.',
  extendedRepeat: 'Repeated patterns are easy to guess.',
  sequences: 'Sequences such as abc or 6543 are easy to guess.',
  recentYears: 'Years are easy to guess.',
  dates: 'Dates are easy to guess.',
  topTen: 'This is one of the most used passwords.',
  topHundred: 'This is one of the most used passwords.',
  common: 'This is a much used password.',
  similarToCommon: 'This is like a much used password.',
  wordByItself: 'A single word is easy to guess.',
  namesByThemselves: 'Names are easy to guess.',
  commonNames: 'Names are easy to guess.',
  userInputs: 'It holds your name, your address or the name of the shop.',
};
const SUGGESTIONS: Record<string, string> = {
  l33t: 'Letters swapped for look-alikes add little.',
  reverseWords: 'Words written backwards add little.',
  allUppercase: 'Writing all in capitals adds little.',
  capitalization: 'A capital at the beginning adds little.',
  dates: 'Leave out dates and years that belong to you.',
  recentYears: 'Leave out years.',
  associatedYears: 'Leave out years that belong to you.',
  sequences: 'Leave out sequences.',
  repeated: 'Leave out repetitions.',
  longerKeyboardPattern: 'A longer pattern with more turns is harder to guess.',
  anotherWord: 'Add another word that has nothing to do with the others.',
  useWords: 'Several words are easier to remember and harder to guess than signs.',
  noNeed: 'Signs, digits and capitals are not needed: length is.',
  pwned: 'Take another one.',
};

/** zxcvbn's estimate. Its dictionaries are indexed at the first need. */
@Injectable()
export class ZxcvbnStrength extends PasswordStrength {
  private estimator: ZxcvbnFactory | undefined;

  estimate(password: string, words: string[]): PasswordEstimate {
    const inputs = words.flatMap((word) => [word, ...word.split(/[^\p{L}\p{N}]+/u)]).filter((word) => word.length > 2);
    const result: ZxcvbnResult = this.zxcvbn().check([...password].slice(0, LOOKED_AT).join(''), inputs.slice(0, 50));
    const { warning, suggestions } = result.feedback;
    const said = [WARNINGS[warning ?? ''], ...suggestions.map((key) => SUGGESTIONS[key])];
    return {
      score: result.score,
      guessesLog10: Math.round(result.guessesLog10 * 10) / 10,
      suggestions: said.filter((sentence): sentence is string => sentence !== undefined),
    };
  }

  private zxcvbn(): ZxcvbnFactory {
    this.estimator ??= new ZxcvbnFactory({ dictionary, graphs: adjacencyGraphs, maxLength: LOOKED_AT });
    return this.estimator;
  }
}
