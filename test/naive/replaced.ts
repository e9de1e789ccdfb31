import type { DynamicModule, Provider, Type } from '@nestjs/common';

/**
 * A module with some providers replaced by naive ones; everything else, the database's own walls included, stays.
 * @throws where the module has no such provider, or the naive one has no method of it: it would prove nothing
 */
export function replaced(module: Type, token: Type, naive: Type, ...more: [token: Type, naive: Type][]): DynamicModule {
  const pairs: [Type, Type][] = [[token, naive], ...more];
  const metadata = (key: string): unknown[] => (Reflect.getMetadata(key, module) as unknown[] | undefined) ?? [];
  const providers = metadata('providers') as Provider[];
  for (const [original, instead] of pairs) {
    if (!providers.includes(original)) throw nothingToChange(`${module.name} has no provider ${original.name}`);
    const own = Object.getOwnPropertyNames(instead.prototype).filter((name) => name !== 'constructor');
    // A naive one without methods hands something else to the original's constructor.
    if (own.length > 0 && !own.some((name) => name in (original.prototype as object)))
      throw nothingToChange(`${original.name} has no ${own.join(', no ')}`);
  }
  const changed = new Map<unknown, Type>(pairs);
  return {
    module: class NaiveModule {},
    imports: metadata('imports') as DynamicModule['imports'],
    controllers: metadata('controllers') as Type[],
    providers: providers.map((it) => (changed.has(it) ? { provide: it as Type, useClass: changed.get(it)! } : it)),
    exports: metadata('exports') as DynamicModule['exports'],
  };
}

const nothingToChange = (why: string): Error => new Error(`A naive variant has nothing to change: ${why}.`);
