import { getMetadataStorage } from 'class-validator';

type Storage = ReturnType<typeof getMetadataStorage>;
type Found = ReturnType<Storage['getTargetValidationMetadatas']>;

/** The storage is one for the process, however often this module is loaded. */
const REMEMBERS = Symbol.for('mainstay.validation-rules');

/**
 * class-validator gathers the rules of a class anew for each object, walking all classes that have any: with some hundred
 * DTOs that is a third of a millisecond a request. Rules are fixed once their decorators ran, so what was found for a
 * class is kept, until another decorator adds a rule.
 */
export function rememberValidationRules(storage: Storage = getMetadataStorage()): void {
  const marked = storage as Storage & { [REMEMBERS]?: true };
  if (marked[REMEMBERS]) return;
  marked[REMEMBERS] = true;
  const kept = new Map<string, WeakMap<object, Found>>();
  const find = storage.getTargetValidationMetadatas.bind(storage);
  const add = storage.addValidationMetadata.bind(storage);
  storage.addValidationMetadata = (metadata) => {
    kept.clear();
    add(metadata);
  };
  storage.getTargetValidationMetadatas = (target, schema, always, strict, groups) => {
    if (typeof target !== 'function' || (groups && groups.length > 0))
      return find(target, schema, always, strict, groups);
    const key = `${always} ${strict} ${schema}`;
    let ofTargets = kept.get(key);
    if (!ofTargets) kept.set(key, (ofTargets = new WeakMap()));
    let found = ofTargets.get(target);
    // Callers only read it.
    if (!found) ofTargets.set(target, (found = find(target, schema, always, strict, groups)));
    return found;
  };
}
