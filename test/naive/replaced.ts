import type { DynamicModule, Provider, Type } from '@nestjs/common';

/** A module with one provider replaced by a naive one; everything else, the database's own walls included, stays. */
export function replaced(module: Type, token: Type, naive: Type): DynamicModule {
  const metadata = (key: string): unknown[] => (Reflect.getMetadata(key, module) as unknown[] | undefined) ?? [];
  const providers = metadata('providers') as Provider[];
  if (!providers.includes(token)) throw new Error(`${module.name} has no provider ${token.name}.`);
  return {
    module: class NaiveModule {},
    imports: metadata('imports') as DynamicModule['imports'],
    controllers: metadata('controllers') as Type[],
    providers: providers.map((provider) => (provider === token ? { provide: token, useClass: naive } : provider)),
    exports: metadata('exports') as DynamicModule['exports'],
  };
}
