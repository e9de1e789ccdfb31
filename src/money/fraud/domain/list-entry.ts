import { isUuid } from '../../../kernel/ids/ids';

/** `allow` and `block` decide; `proxy` (addresses) and `disposable` (domains) only feed signals. */
export const LISTS = ['allow', 'block', 'proxy', 'disposable'] as const;
export type ListName = (typeof LISTS)[number];
export const ENTRY_KINDS = ['email', 'domain', 'ip', 'card', 'country', 'account', 'device'] as const;
export type EntryKind = (typeof ENTRY_KINDS)[number];

/** Which kinds a list takes. */
export const KINDS_OF: Readonly<Record<ListName, readonly EntryKind[]>> = {
  allow: ENTRY_KINDS,
  block: ENTRY_KINDS,
  proxy: ['ip'],
  disposable: ['domain'],
};

const DOMAIN = /^(?=.{1,253}$)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z0-9-]{2,63}$/;
const IPV4 = /^(?:(?:25[0-5]|2[0-4]\d|1?\d?\d)(?:\.(?!$)|$)){4}$/;
const EMAIL = /^[^\s@]{1,64}@[^\s@]{1,253}$/;

/** The one form in which a value is kept and looked up, or null where it is no value of its kind. */
export function normalEntry(kind: EntryKind, value: string): string | null {
  const text = value.trim();
  switch (kind) {
    case 'email':
      return EMAIL.test(text) ? text.toLowerCase() : null;
    case 'domain': {
      const domain = text.toLowerCase().replace(/^@/, '').replace(/\.$/, '');
      return DOMAIN.test(domain) ? domain : null;
    }
    case 'ip':
      return normalNetwork(text);
    case 'card':
      return /^[\w.:-]{4,100}$/.test(text) && !/^\d{12,19}$/.test(text) ? text : null;
    case 'country':
      return /^[A-Za-z]{2}$/.test(text) ? text.toUpperCase() : null;
    case 'account':
    case 'device':
      return isUuid(text) ? text.toLowerCase() : null;
  }
}

/** 4 or 16 bytes of an address, IPv4 in IPv6 form as IPv4; null for anything else. */
function bytesOf(address: string): number[] | null {
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address);
  const text = mapped ? mapped[1] : address;
  if (IPV4.test(text)) return text.split('.').map(Number);
  if (!/^[0-9a-f:.]{2,45}$/i.test(text) || !text.includes(':') || !URL.canParse(`http://[${text}]`)) return null;
  const [head, tail] = text.split('::');
  const words = (part: string): number[] =>
    part === ''
      ? []
      : part.split(':').flatMap((group) => {
          if (!group.includes('.')) return [parseInt(group, 16)];
          const [a, b, c, d] = group.split('.').map(Number);
          return [a * 256 + b, c * 256 + d];
        });
  const front = words(head);
  const back = tail === undefined ? [] : words(tail);
  const groups = [...front, ...Array<number>(8 - front.length - back.length).fill(0), ...back];
  return groups.flatMap((group) => [group >> 8, group & 255]);
}

function networkText(bytes: readonly number[], bits: number): string {
  const masked = bytes.map((byte, i) => byte & (256 - 2 ** (8 - Math.max(0, Math.min(8, bits - i * 8)))));
  if (masked.length === 4) return `${masked.join('.')}/${bits}`;
  const groups = Array.from({ length: 8 }, (_, i) => (masked[i * 2] * 256 + masked[i * 2 + 1]).toString(16));
  return `${groups.join(':')}/${bits}`;
}

/** A network in one form: its address with the host's bits cleared, and the number of bits. */
function normalNetwork(text: string): string | null {
  const [address, length, ...rest] = text.split('/');
  const bytes = rest.length > 0 ? null : bytesOf(address);
  if (!bytes) return null;
  const bits = length === undefined ? bytes.length * 8 : /^\d{1,3}$/.test(length) ? Number(length) : -1;
  return bits >= 0 && bits <= bytes.length * 8 ? networkText(bytes, bits) : null;
}

/** Every network that an address lies in, in the form in which lists keep them: found by plain equality. */
export function networksOf(address: string): string[] {
  const bytes = bytesOf(address);
  return bytes ? Array.from({ length: bytes.length * 8 + 1 }, (_, bits) => networkText(bytes, bits)) : [];
}

/** A domain with those above it, the top one aside. */
export function domainsOf(domain: string): string[] {
  const labels = domain.split('.');
  return labels.slice(0, -1).map((_, i) => labels.slice(i).join('.'));
}

/** The domain of an email address, lower case; null where it has none. */
export const domainOf = (email: string | null): string | null => email?.toLowerCase().split('@')[1] || null;

/** What is looked up in the lists about one try. */
export function candidatesOf(about: {
  email: string | null;
  ip: string | null;
  card: string | null;
  account: string | null;
  device: string | null;
  countries: readonly (string | null)[];
}): string[] {
  const domain = domainOf(about.email);
  const one = (kind: EntryKind, value: string | null): string[] => (value === null ? [] : [`${kind}:${value}`]);
  return [
    ...one('email', about.email?.toLowerCase() ?? null),
    ...(domain ? domainsOf(domain).map((each) => `domain:${each}`) : []),
    ...(about.ip ? networksOf(about.ip).map((each) => `ip:${each}`) : []),
    ...one('card', about.card),
    ...one('account', about.account),
    ...one('device', about.device),
    ...[...new Set(about.countries)].flatMap((country) => one('country', country)),
  ];
}
