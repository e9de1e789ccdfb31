/** One thing that tries are counted by, and how often before it must wait. The counting itself is one SQL statement. */
export interface ThrottleLane {
  /** Name, part of the hashed key. */
  name: string;
  /** Tries without any wait. */
  free: number;
  /** Seconds after the first try of a series in which counting begins anew. */
  windowSeconds: number;
  /** The longest wait. */
  longestSeconds: number;
}

/** Seconds of the first wait; each further failure doubles it. */
export const FIRST_WAIT_SECONDS = 30;
const HALF_A_DAY = 43_200;
const slow = (name: string, free: number): ThrottleLane => ({
  name,
  free,
  windowSeconds: HALF_A_DAY,
  longestSeconds: 900,
});
/** A flood is bounded by the minute: whoever comes after it may sign in at once. */
const perMinute = (name: string, free: number): ThrottleLane => ({
  name,
  free,
  windowSeconds: 60,
  longestSeconds: 60,
});

/** Per submitted identifier, whether or not it exists, for devices that its account does not know. */
export const IDENTIFIER_LANE = slow('login.identifier', 5);
/** Per account and device that it knows: strangers use up nothing of it. */
export const KNOWN_DEVICE_LANE = slow('login.known-device', 5);
/** Per device that tries accounts which do not know it. */
export const DEVICE_LANE = slow('login.device', 30);
/** Per address of the client: a whole office may sit behind one, and tries that are still being verified count too. */
export const ADDRESS_LANE = slow('login.address', 300);
/** Per country of the client's address, and over all: what a large swarm may guess in a minute. */
export const COUNTRY_LANE = perMinute('login.country', 600);
export const PLATFORM_LANE = perMinute('login.platform', 2_000);
/** Mails to one address that anybody may cause. */
export const MAIL_LANE = slow('mail.identifier', 5);
/** Codes to one number or address, whoever asks for them. */
export const CODE_LANE = slow('code.recipient', 8);

/** Accounts that one address may fail at within the window of its lane: stuffing tries each but once. */
export const ACCOUNTS_PER_ADDRESS = 100;
/**
 * Failures in a row after which the password alone no longer admits a stranger (NIST SP 800-63B-4, 3.2.2): a device
 * that the account knows, or a new password by mail, remains.
 */
export const CLOSED_AFTER = 100;

/** The bucket of a client address: IPv4 as it is, IPv6 by its /64, the smallest block that one subscriber gets. */
export function addressBucket(ip: string): string {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(ip);
  if (mapped) return mapped[1];
  if (!ip.includes(':')) return ip;
  const [head, tail = ''] = ip.toLowerCase().split('%')[0].split('::');
  const front = head ? head.split(':') : [];
  const back = tail ? tail.split(':') : [];
  const zeros = ip.includes('::') ? Array<string>(Math.max(0, 8 - front.length - back.length)).fill('0') : [];
  return `${[...front, ...zeros, ...back]
    .slice(0, 4)
    .map((group) => Number.parseInt(group, 16).toString(16))
    .join(':')}::/64`;
}
