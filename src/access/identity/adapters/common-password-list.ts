import { dictionary } from '@zxcvbn-ts/language-common';
import { CommonPasswords } from '../domain/common-passwords';

/** The list of zxcvbn: 49,000 passwords of leaks, the most common first. */
export const commonPasswords = (): CommonPasswords => new CommonPasswords(dictionary['passwords-common'].map(String));
