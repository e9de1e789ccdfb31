/** Paths of other clients' habits, by first segment below `/api`: `/api/payment/x` is `/api/v1/payments/x`. */
const ALIASES: Record<string, string> = { payment: 'payments' };

/** Umbrella names whose next segment is the real resource: `/api/realtime/chat/x` is `/api/v1/chat/x`. */
const UMBRELLAS: Record<string, { resources: string[]; otherwise: string }> = {
  b2b: { resources: ['fleets', 'fleet-vehicles', 'drivers', 'trips', 'corporate'], otherwise: 'corporate' },
  realtime: { resources: ['chat', 'connections', 'notifications'], otherwise: 'notifications' },
};

const CANONICAL = /^\/api\/v1\/([^/?#]+)(?:[/?#]|$)/;

/** True for what needs no mapping: version 1 is named, and the resource by its own name. */
function isCanonical(url: string): boolean {
  const resource = CANONICAL.exec(url)?.[1];
  return resource !== undefined && resource !== 'metrics' && !(resource in ALIASES) && !(resource in UMBRELLAS);
}

/**
 * Maps the address a client used to the canonical one: `/api/...` without a version reaches version 1, aliases reach
 * their resource, `/api/metrics` the unprefixed metrics. Anything else is returned as it is.
 */
export function canonicalUrl(url: string): string {
  if (!url.startsWith('/api/') || isCanonical(url)) return url;
  const cut = url.search(/[?#]/);
  const path = cut === -1 ? url : url.slice(0, cut);
  const query = cut === -1 ? '' : url.slice(cut);
  const segments = path.slice('/api/'.length).split('/');
  const versioned = /^v\d+$/.test(segments[0]);
  const version = versioned ? segments.shift()! : 'v1';
  const [first] = segments;
  if (first === undefined || first === '') return url;
  if (first === 'metrics' && segments.length === 1) return `/metrics${query}`;
  const umbrella = Object.hasOwn(UMBRELLAS, first) ? UMBRELLAS[first] : undefined;
  if (umbrella) {
    segments.shift();
    if (!umbrella.resources.includes(segments[0] ?? '')) segments.unshift(umbrella.otherwise);
  } else if (Object.hasOwn(ALIASES, first)) {
    segments[0] = ALIASES[first];
  }
  return `/api/${version}/${segments.join('/')}${query}`;
}
