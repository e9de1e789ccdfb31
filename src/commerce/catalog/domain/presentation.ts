import { fold } from '../../../kernel/text/fold';
import { attributesInvalid, optionsInvalid } from './catalog.errors';
import type { Variant } from './variant';

/** What variants of a product differ in, such as a size, with the values that there are. */
export interface ProductOption {
  name: string;
  values: string[];
}

/** A picture: at an address that the shop serves elsewhere and Mainstay never fetches, or a file of the shop, which is kept. */
export interface ProductImage {
  url: string | null;
  fileId: string | null;
  /** What it shows, for those who cannot see it. */
  alt: string | null;
  /** Variant that it shows; null: all of them. */
  sku: string | null;
}

export type AttributeValue = string | number | boolean;

export interface AttributeDefinition {
  code: string;
  type: 'text' | 'number' | 'boolean' | 'date' | 'choice';
  choices: string[] | null;
}

/** What makes two combinations of option values the same one. */
export const optionKey = (values: readonly string[]): string =>
  JSON.stringify(values.map((value) => fold(value) || value));

/**
 * Asserts that options are told apart, that each variant has one known value of each, and that no two variants have the
 * same ones. A withdrawn variant may keep values that there are no more.
 * @throws AppError invalid `catalog.options-invalid`
 */
export function checkOptions(options: readonly ProductOption[], variants: readonly Variant[]): void {
  const names = options.map(({ name }) => fold(name) || name);
  if (new Set(names).size < names.length) throw optionsInvalid('/options', 'Two options have the same name.');
  options.forEach(({ name, values }, i) => {
    if (new Set(values.map((value) => fold(value) || value)).size < values.length)
      throw optionsInvalid(`/options/${i}/values`, `${name} has the same value twice.`);
  });
  const seen = new Map<string, string>();
  for (const { sku, optionValues, active } of variants) {
    if (optionValues === null && (options.length === 0 || !active)) continue;
    if (optionValues === null) throw optionsInvalid('/variants', `${sku} needs a value of each option.`);
    if (active && optionValues.length !== options.length)
      throw optionsInvalid('/variants', `${sku} needs ${options.length} option values.`);
    const odd = active && optionValues.findIndex((value, i) => !options[i].values.includes(value));
    if (odd !== false && odd >= 0)
      throw optionsInvalid('/variants', `${sku}: ${options[odd].name} has no value "${optionValues[odd]}".`);
    const twin = seen.get(optionKey(optionValues));
    if (twin) throw optionsInvalid('/variants', `${sku} and ${twin} have the same option values.`);
    seen.set(optionKey(optionValues), sku);
  }
}

/** Every combination of the options' values, the last option changing fastest. */
export const combinations = (options: readonly ProductOption[]): string[][] =>
  options.reduce<string[][]>((all, { values }) => all.flatMap((some) => values.map((value) => [...some, value])), [[]]);

const FITS: Record<AttributeDefinition['type'], (value: unknown, choices: string[]) => boolean> = {
  text: (value) => typeof value === 'string' && value.length >= 1 && value.length <= 500,
  number: (value) => typeof value === 'number' && Number.isFinite(value),
  boolean: (value) => typeof value === 'boolean',
  date: (value) =>
    typeof value === 'string' &&
    /^\d{4}-\d{2}-\d{2}$/.test(value) &&
    !Number.isNaN(Date.parse(value)) &&
    new Date(value).toISOString().startsWith(value),
  choice: (value, choices) => choices.includes(value as string),
};

/**
 * Asserts that each value fits its attribute.
 * @throws AppError invalid `catalog.attributes-invalid` with one error per value
 */
export function checkAttributes(
  values: Readonly<Record<string, unknown>>,
  definitions: readonly AttributeDefinition[],
): void {
  const known = new Map(definitions.map((definition) => [definition.code, definition]));
  const faults = Object.entries(values).flatMap(([code, value]) => {
    const definition = known.get(code);
    const pointer = `/attributes/${code.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!definition) return [{ pointer, code: 'unknown', detail: 'No such attribute.' }];
    const { type, choices } = definition;
    if (FITS[type](value, choices ?? [])) return [];
    const detail = type === 'choice' ? `must be one of ${choices!.join(', ')}` : `must be a ${type}`;
    return [{ pointer, code: type, detail }];
  });
  if (faults.length > 0) throw attributesInvalid(faults);
}

/** What lists narrow by and count: `leaf:black tea`. Numbers and dates are too many to be counted one by one. */
export const facetOf = (code: string, value: AttributeValue): string | null =>
  typeof value === 'number' || (typeof value === 'string' && /^\d{4}-\d{2}-\d{2}$/.test(value))
    ? null
    : `${code}:${fold(String(value)) || String(value)}`;
