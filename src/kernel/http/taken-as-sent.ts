import 'reflect-metadata';

const LISTS = 'mainstay:taken-as-sent';

/**
 * For a list in a DTO whose elements are anything: they are handed over as they were sent, to whoever judges each by
 * itself. Copying five hundred of them as class-transformer does costs more than reading them. Rules of the list itself hold.
 */
export const TakenAsSent = (): PropertyDecorator => (target, key) => {
  const dto = target.constructor;
  Reflect.defineMetadata(LISTS, [...listsTakenAsSent(dto), String(key)], dto);
};

/** Names of the lists of a DTO class that are taken as they were sent. */
export const listsTakenAsSent = (dto: object): readonly string[] =>
  (Reflect.getMetadata(LISTS, dto) as readonly string[] | undefined) ?? [];
