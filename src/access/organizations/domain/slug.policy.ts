/** A slug is a DNS label, so that a shop can have `<slug>.example.org`: 2-63 of a-z, 0-9 and inner hyphens. */
const SLUG = /^[a-z0-9][a-z0-9-]{0,61}[a-z0-9]$/;

/** Names that would be mistaken for the platform's own addresses. */
const RESERVED = new Set([
  'admin',
  'api',
  'app',
  'console',
  'docs',
  'mail',
  'mainstay',
  'platform',
  'queues',
  'root',
  'status',
  'www',
]);

/** True for a slug that an organization may take. `xn--` labels are IDNA's own. */
export const isSlug = (text: string): boolean => SLUG.test(text) && !RESERVED.has(text) && !text.startsWith('xn--');

/** A slug from a name: transliterated as far as Unicode decomposes, the rest becomes hyphens; never empty. */
export function slugFrom(name: string): string {
  const slug = name
    .normalize('NFKD')
    .replace(/\p{M}/gu, '')
    .replaceAll('ß', 'ss')
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .slice(0, 48)
    .replace(/^-+|-+$/g, '');
  if (isSlug(slug)) return slug;
  return `shop-${slug}`.replace(/-+$/, '');
}
