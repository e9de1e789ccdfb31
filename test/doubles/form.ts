/** A value of a decoded form: texts at the leaves. */
export type Form = { [name: string]: string | Form | (string | Form)[] };

/** Decodes `a[b]=c&d[0]=e` as Stripe does; members whose names are all numbers become a list. */
export function decodeForm(text: string): Form {
  const root: Record<string, unknown> = {};
  for (const [name, value] of new URLSearchParams(text)) {
    const path = [name.replace(/\[.*$/, ''), ...[...name.matchAll(/\[([^\]]*)\]/g)].map(([, part]) => part)];
    let at = root;
    for (const [index, part] of path.entries()) {
      const key = part === '' ? String(Object.keys(at).length) : part;
      if (index === path.length - 1) at[key] = value;
      else at = (at[key] ??= {}) as Record<string, unknown>;
    }
  }
  return listed(root) as Form;
}

function listed(value: unknown): unknown {
  if (typeof value !== 'object' || value === null) return value;
  const entries = Object.entries(value).map(([key, one]) => [key, listed(one)] as const);
  if (entries.length > 0 && entries.every(([key]) => /^\d+$/.test(key))) return entries.map(([, one]) => one);
  return Object.fromEntries(entries);
}
