import { AppError } from '../errors/app-error';
import { printable } from './suggest';

/** Under this key a parsed query carries its fault: the parser runs inside the router and must not throw. */
export const QUERY_FAULT = Symbol('query fault');

export type QueryValue = string | Record<string, string>;
export type ParsedQuery = Record<string, QueryValue> & { [QUERY_FAULT]?: AppError };

const NAME = /^([A-Za-z_][A-Za-z0-9_.-]*)(?:\[([A-Za-z][A-Za-z0-9_]*)\])?$/;
const MAX_PARAMETERS = 100;

/**
 * Names that every object seems to have (`constructor`, `hasOwnProperty`, `__proto__`): libraries skip them without a
 * word, or take them for declared ones. No field or parameter of ours has one.
 */
export const isPrototypeName = (name: string): boolean => name === 'prototype' || name in Object.prototype;

const fault = (code: string, detail: string, pointer: string): AppError =>
  new AppError('request.invalid', 'invalid', detail, { errors: [{ pointer, code, detail }] });

const decode = (text: string): string => decodeURIComponent(text.includes('+') ? text.replaceAll('+', ' ') : text);

/**
 * Parses a query strictly: percent-encoded UTF-8, every parameter at most once, `name` or `name[operator]`
 * (`createdAt[gte]=...` becomes `{ createdAt: { gte } }`). Never throws; a fault is kept under `QUERY_FAULT`.
 */
export function parseQuery(text: string): ParsedQuery {
  const query = Object.create(null) as ParsedQuery;
  if (text === '') return query;
  const parts = text.split('&');
  if (parts.length > MAX_PARAMETERS) {
    query[QUERY_FAULT] = fault('too-many', `A query has at most ${MAX_PARAMETERS} parameters.`, '');
    return query;
  }
  for (const part of parts) {
    if (part === '') continue;
    const error = addParameter(query, part);
    if (error) {
      query[QUERY_FAULT] = error;
      return query;
    }
  }
  return query;
}

function addParameter(query: ParsedQuery, part: string): AppError | undefined {
  const equals = part.indexOf('=');
  let name: string;
  let value: string;
  try {
    name = decode(equals === -1 ? part : part.slice(0, equals));
    value = equals === -1 ? '' : decode(part.slice(equals + 1));
  } catch {
    return fault('encoding', 'The query is not percent-encoded UTF-8.', printable(part.split('=')[0]));
  }
  const shown = printable(name);
  const match = NAME.exec(name);
  if (!match || isPrototypeName(match[1]) || (match[2] && isPrototypeName(match[2]))) {
    return fault('unknown-parameter', `"${shown}" is no valid parameter name.`, shown);
  }
  if (value.includes('\0')) return fault('characters', `"${shown}" contains a NUL character.`, shown);
  const [, field, operator] = match;
  const duplicate = fault.bind(null, 'duplicate', `"${shown}" is given more than once.`, shown);
  if (operator === undefined) {
    if (query[field] !== undefined) return duplicate();
    query[field] = value;
    return undefined;
  }
  const group = (query[field] ??= Object.create(null) as Record<string, string>);
  if (typeof group === 'string' || group[operator] !== undefined) return duplicate();
  group[operator] = value;
  return undefined;
}
