import { surelyNothing, type StripeFault } from './stripe-answers';

/** Makes a call again that failed unclearly; both carry one key. An error of the first is thrown where the second helps nothing. */
export async function twice<T>(call: () => Promise<T>): Promise<T> {
  try {
    return await call();
  } catch (error) {
    const fault = error as StripeFault;
    if (fault.type === 'StripeCardError' || surelyNothing(fault)) throw error;
    return call().catch((second: unknown) => {
      // The card's answer is an answer; anything else leaves open what the first call did.
      throw (second as StripeFault).type === 'StripeCardError' ? second : error;
    });
  }
}
