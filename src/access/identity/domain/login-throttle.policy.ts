/** How often a key may be tried before it must wait. The reservation itself is one SQL statement, see the repository. */
export interface ThrottleLane {
  /** Name, part of the hashed key. */
  name: string;
  /** Tries without any wait. */
  free: number;
}

/** Per submitted identifier, whether or not it exists. */
export const IDENTIFIER_LANE: ThrottleLane = { name: 'login.identifier', free: 5 };
/** Per address of the client: a whole office may sit behind one, and tries that are still being verified count too. */
export const ADDRESS_LANE: ThrottleLane = { name: 'login.address', free: 300 };
/** Mails to one address that anybody may cause. */
export const MAIL_LANE: ThrottleLane = { name: 'mail.identifier', free: 5 };

/** Seconds of the first wait; each further try doubles it. */
export const FIRST_WAIT_SECONDS = 30;
export const LONGEST_WAIT_SECONDS = 900;
/** Hours after the first try of a series in which counting begins anew. */
export const WINDOW_HOURS = 12;

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
