import { readFileSync } from 'node:fs';
import { nearest } from './nearest';
import { defaultOf, Refused, type Mode, type Setting } from './setting';
import { SETTINGS, TEST_SETTINGS, TOOL_SETTINGS, type SettingName, type SettingValues } from './settings';

/** One thing wrong with the environment; holds no value of any setting. */
export interface Fault {
  name: string;
  problem: string;
  expected: string;
  make?: string;
}

export type Environment = Readonly<Record<string, string | undefined>>;

/** What the environment says: values by name, everything that is wrong, everything odd. */
export interface Reading {
  mode: Mode;
  values: SettingValues;
  /** Names that were given a value, not a default. */
  given: Set<SettingName>;
  faults: Fault[];
  warnings: string[];
}

const WEAK =
  /change.?me|example|replace.?(me|this)|placeholder|your.?(secret|key|password)|insecure|^(secret|password|test)/i;

/** Secrets that were copied from a document, or have hardly any variety. */
const looksLikeExample = (value: string): boolean => WEAK.test(value) || new Set(value).size < 6;

function passwordOf(value: string): string | null {
  if (!URL.canParse(value)) return null;
  return new URL(value).password || null;
}

/** Reads one variable or its `_FILE` twin; empty counts as unset. */
function rawValue(name: string, setting: Setting<unknown>, env: Environment): string | undefined {
  const direct = env[name]?.trim() ? env[name].trim() : undefined;
  const file = setting.secret && env[`${name}_FILE`]?.trim();
  if (!file) return direct;
  if (direct !== undefined) throw new Refused(`and ${name}_FILE are both set`);
  let content: string;
  try {
    content = readFileSync(file, 'utf8').trim();
  } catch (error) {
    throw new Refused(
      `cannot be read from the file that ${name}_FILE names (${(error as NodeJS.ErrnoException).code})`,
    );
  }
  if (content === '') throw new Refused(`is empty in the file that ${name}_FILE names`);
  return content;
}

function parseSetting(setting: Setting<unknown>, raw: string, mode: Mode): unknown {
  const value = setting.parse(raw);
  if (!setting.secret || mode !== 'production') return value;
  for (const part of Array.isArray(value) ? value : [value]) {
    const kept = setting.minLength === undefined ? passwordOf(String(part)) : String(part);
    if (kept === null) continue;
    if (kept.length < (setting.minLength ?? 0)) throw new Refused(`is too short for production`);
    if (setting.minLength === undefined ? WEAK.test(kept) : looksLikeExample(kept))
      throw new Refused('is an example or too simple for production');
  }
  return value;
}

function unknownSettings(env: Environment, mode: Mode): string[] {
  const known = new Map<string, boolean>(Object.keys(TOOL_SETTINGS).map((name) => [name, true]));
  for (const [name, setting] of Object.entries(SETTINGS) as [string, Setting<unknown>][]) {
    known.set(name, true);
    if (setting.secret) known.set(`${name}_FILE`, true);
  }
  return Object.keys(env)
    .filter((name) => name.startsWith('MAINSTAY_') && !known.has(name) && env[name] !== '')
    .filter((name) => mode === 'production' || !TEST_SETTINGS.test(name))
    .map((name) => {
      const near = nearest(name, known.keys());
      return `${name} is not a setting of Mainstay${near ? `; did you mean ${near}?` : '.'}`;
    });
}

/** Reads and checks each setting by itself; rules between settings are the caller's. */
export function readSettings(env: Environment): Reading {
  const values: Record<string, unknown> = {};
  const given = new Set<SettingName>();
  const faults: Fault[] = [];
  const mode: Mode =
    env.NODE_ENV?.trim() === 'production' ? 'production' : env.NODE_ENV?.trim() === 'test' ? 'test' : 'development';
  for (const [name, setting] of Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]) {
    try {
      const raw = rawValue(name, setting, env);
      if (raw === undefined) {
        values[name] = defaultOf(setting, mode);
      } else {
        given.add(name);
        values[name] = parseSetting(setting, raw, mode);
      }
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      given.add(name);
      faults.push({ name, problem: error.message, expected: setting.expected, make: setting.make });
    }
  }
  return { mode, values: values as SettingValues, given, faults, warnings: unknownSettings(env, mode) };
}
