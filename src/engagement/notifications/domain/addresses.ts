/** One address and no second header, or one number: whatever else is wrong with it, the server behind it will say. */
const RECIPIENT = { email: /^[^\s@<>,;:"]+@[^\s@<>,;:"]+$/, sms: /^\+[1-9]\d{7,14}$/ };

export const isAddress = (channel: 'email' | 'sms', text: string): boolean =>
  text.length <= 320 && RECIPIENT[channel].test(text);

/** The form by which an address is known again, whatever case it was typed in. */
export const normalizedAddress = (address: string): string => address.trim().toLowerCase();

/** As much of an address as its owner would know it by: `a•••@example.org`, `•••• 78`. */
export function addressHint(address: string): string {
  const at = address.lastIndexOf('@');
  return at > 0 ? `${address.slice(0, 1)}•••${address.slice(at)}` : `•••• ${address.slice(-2)}`;
}
