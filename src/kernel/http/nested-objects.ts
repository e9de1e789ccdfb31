import { defaultMetadataStorage } from 'class-transformer/cjs/storage';
import { getMetadataStorage, ValidationError, ValidationTypes } from 'class-validator';

type Dto = new () => object;

interface Nested {
  property: string;
  each: boolean;
  /** What the objects there are; null where that depends on them. */
  type: Dto | null;
}

const known = new WeakMap<Dto, readonly Nested[]>();

/** Properties of a DTO class that hold another DTO, or a list of them. */
function nestedOf(dto: Dto): readonly Nested[] {
  let found = known.get(dto);
  if (!found) {
    const rules = getMetadataStorage().getTargetValidationMetadatas(dto, '', false, false);
    found = rules
      .filter(({ type }) => type === ValidationTypes.NESTED_VALIDATION)
      .map(({ propertyName, each }) => ({ property: propertyName, each, type: typeOf(dto, propertyName) }));
    known.set(dto, found);
  }
  return found;
}

function typeOf(dto: Dto, property: string): Dto | null {
  const declared = defaultMetadataStorage.findTypeMetadata(dto, property);
  if (!declared || declared.options.discriminator) return null;
  return (declared.typeFunction as () => Dto)();
}

const fault = (property: string, detail: Pick<ValidationError, 'constraints' | 'children'>): ValidationError =>
  Object.assign(new ValidationError(), { property, ...detail });
const notAnObject = (property: string): ValidationError =>
  fault(property, { constraints: { object: `${property} must be an object` } });

/**
 * Lists that stand where a DTO's object belongs, at any depth of a value as it was sent. class-validator takes a list for
 * the objects in it, and an empty one for none, so that a handler would be given a list; class-transformer may fail on it.
 */
export function misplacedLists(value: object, dto: Dto): ValidationError[] {
  const faults: ValidationError[] = [];
  for (const { property, each, type } of nestedOf(dto)) {
    const member = (value as Record<string, unknown>)[property];
    if (!each) {
      if (Array.isArray(member)) faults.push(notAnObject(property));
      else faults.push(...within(property, member, type));
    } else if (Array.isArray(member)) {
      const children = member.flatMap((element, i) =>
        Array.isArray(element) ? [notAnObject(String(i))] : within(String(i), element, type),
      );
      if (children.length > 0) faults.push(fault(property, { children }));
    }
  }
  return faults;
}

function within(property: string, member: unknown, type: Dto | null): ValidationError[] {
  if (!type || typeof member !== 'object' || member === null) return [];
  const children = misplacedLists(member, type);
  return children.length > 0 ? [fault(property, { children })] : [];
}
