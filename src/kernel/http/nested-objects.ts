import { getMetadataStorage, ValidationError, ValidationTypes } from 'class-validator';

interface Nested {
  property: string;
  each: boolean;
}

const known = new WeakMap<object, readonly Nested[]>();

/** Properties of a DTO class that hold another DTO, or a list of them. */
function nestedOf(dto: object): readonly Nested[] {
  let found = known.get(dto);
  if (!found) {
    const rules = getMetadataStorage().getTargetValidationMetadatas(dto as () => unknown, '', false, false);
    found = rules
      .filter(({ type }) => type === ValidationTypes.NESTED_VALIDATION)
      .map(({ propertyName, each }) => ({ property: propertyName, each }));
    known.set(dto, found);
  }
  return found;
}

function fault(target: object, property: string, detail: Pick<ValidationError, 'constraints' | 'children'>) {
  return Object.assign(new ValidationError(), { target, property, ...detail });
}

const notAnObject = (target: object, property: string): ValidationError =>
  fault(target, property, { constraints: { object: `${property} must be an object` } });

/**
 * Lists that stand where a DTO's object belongs, at any depth: class-validator takes a list for the objects in it, and an
 * empty one for none, so that a handler would be given a list.
 */
export function misplacedLists(dto: object): ValidationError[] {
  const faults: ValidationError[] = [];
  for (const { property, each } of nestedOf(dto.constructor)) {
    const value = (dto as Record<string, unknown>)[property];
    if (!each) {
      if (Array.isArray(value)) faults.push(notAnObject(dto, property));
      else faults.push(...within(dto, property, value));
    } else if (Array.isArray(value)) {
      const children = value.flatMap((element, i) =>
        Array.isArray(element) ? [notAnObject(value, String(i))] : within(value, String(i), element),
      );
      if (children.length > 0) faults.push(fault(dto, property, { children }));
    }
  }
  return faults;
}

function within(target: object, property: string, value: unknown): ValidationError[] {
  const children = typeof value === 'object' && value !== null ? misplacedLists(value) : [];
  return children.length > 0 ? [fault(target, property, { children })] : [];
}
