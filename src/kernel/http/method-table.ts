import type { FastifyInstance, RouteOptions } from 'fastify';

interface Route {
  pattern: RegExp;
  methods: string[];
  /** Fields of the answer to OPTIONS. */
  fields: Record<string, string>;
}

declare module 'fastify' {
  interface FastifyContextConfig {
    /** Fields that the answer to OPTIONS at this path has besides `Allow`: what a protocol over HTTP says of itself. */
    optionsFields?: Record<string, string>;
  }
}

const tables = new WeakMap<FastifyInstance, Route[]>();
/** Root instance of a request's encapsulated one: plugins inherit by prototype. */
const tableOf = (instance: FastifyInstance): Route[] | undefined => {
  for (let at: FastifyInstance | null = instance; at; at = Object.getPrototypeOf(at) as FastifyInstance | null) {
    const table = tables.get(at);
    if (table) return table;
  }
  return undefined;
};

const NONE: Record<string, string> = {};

const escape = (text: string): string => text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

/** A route's URL (find-my-way syntax: `:name` segments and a trailing `*`) as a regular expression. */
const patternOf = (url: string): RegExp =>
  new RegExp(
    `^${url
      .split('/')
      .map((part) => (part.startsWith(':') ? '[^/]+' : part === '*' ? '.*' : escape(part)))
      .join('/')}$`,
  );

/** Remembers every registered route, so that an unknown method on a known path can be told from an unknown path. */
export function recordMethods(instance: FastifyInstance): void {
  const table: Route[] = [];
  tables.set(instance, table);
  instance.addHook('onRoute', (route: RouteOptions) => {
    table.push({
      pattern: patternOf(route.url),
      methods: [route.method].flat(),
      fields: route.config?.optionsFields ?? NONE,
    });
  });
}

/** The methods that the path of `url` answers to; empty when the path is unknown. */
export function allowedMethods(instance: FastifyInstance, url: string): string[] {
  const path = url.split('?')[0];
  const methods = new Set<string>();
  for (const route of tableOf(instance) ?? []) {
    // A wildcard route for every path (a plugin's fallback) says nothing about this one.
    if (route.pattern.source !== '^.*$' && route.pattern.source !== '^\\/.*$' && route.pattern.test(path)) {
      for (const method of route.methods) methods.add(method);
    }
  }
  return [...methods].sort();
}

/** What the answer to OPTIONS at the path of `url` says besides its methods. */
export function optionsFields(instance: FastifyInstance, url: string): Record<string, string> {
  const path = url.split('?')[0];
  const found = (tableOf(instance) ?? []).filter(({ fields, pattern }) => fields !== NONE && pattern.test(path));
  return Object.assign({}, ...found.map(({ fields }) => fields)) as Record<string, string>;
}
