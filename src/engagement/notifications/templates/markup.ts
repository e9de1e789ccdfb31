/** Where something stands in a text, from 1. */
export interface Place {
  line: number;
  column: number;
}

/** What begins with a `<`. */
export interface Element extends Place {
  /** Matched: the slash of an end, the name, the attributes, the slash of an empty element; null: it begins no tag. */
  tag: RegExpExecArray | null;
  /** Names in small letters. */
  attributes: { name: string; value: string; quote: '"' | "'" | null }[];
}

/** One tag, its attributes in quotes; Liquid may be in a value. */
const TAG = /<(\/?)([a-zA-Z][\w-]*)((?:\s+[\w:-]+(?:\s*=\s*(?:"[^"<>]*"|'[^'<>]*'))?)*)\s*(\/?)>/y;
const ATTRIBUTE = /([\w:-]+)(?:\s*=\s*(?:"([^"]*)"|'([^']*)'))?/g;

/** Every tag of a body in MJML, and every other place with a `<`. */
export function* elementsOf(text: string): Generator<Element> {
  // Comparisons of Liquid are no tags.
  const markup = text.replace(/\{%[^%]*%\}/g, (tag) => tag.replace(/[<>]/g, '='));
  for (let index = markup.indexOf('<'); index >= 0; index = markup.indexOf('<', index + 1)) {
    TAG.lastIndex = index;
    const tag = TAG.exec(markup);
    const attributes: Element['attributes'] = [];
    for (const [, name, double, single] of tag?.[3].matchAll(ATTRIBUTE) ?? []) {
      const quote = double !== undefined ? '"' : single !== undefined ? "'" : null;
      attributes.push({ name: name.toLowerCase(), value: double ?? single ?? '', quote });
    }
    yield { tag, attributes, ...placeOf(text, index) };
  }
}

export function placeOf(text: string, index: number): Place {
  const before = text.slice(0, index);
  return { line: before.split('\n').length, column: index - before.lastIndexOf('\n') };
}
