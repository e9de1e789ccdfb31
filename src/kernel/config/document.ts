import { defaultOf, type Setting } from './setting';
import { SECTIONS, SETTINGS, TOOL_SETTINGS, type SettingName } from './settings';

interface Section {
  title: string;
  settings: [SettingName, Setting<unknown>][];
}

function sections(): Section[] {
  const titles = new Map(Object.entries(SECTIONS).map(([title, first]) => [first, title]));
  const found: Section[] = [];
  for (const entry of Object.entries(SETTINGS) as [SettingName, Setting<unknown>][]) {
    const title = titles.get(entry[0]);
    if (title) found.push({ title, settings: [] });
    found[found.length - 1].settings.push(entry);
  }
  return found;
}

function defaultText(setting: Setting<unknown>): string {
  if (setting.defaultDoc) return setting.defaultDoc;
  const value = defaultOf(setting, 'development');
  if (value === undefined || (Array.isArray(value) && value.length === 0)) return 'unset';
  return `\`${Array.isArray(value) ? value.join(',') : String(value)}\``;
}

function notes(setting: Setting<unknown>): string {
  const parts = [setting.doc];
  if (setting.production === 'required') parts.push('**Production demands it.**');
  if (setting.make) parts.push(`Make one: ${/^openssl/.test(setting.make) ? `\`${setting.make}\`` : setting.make}.`);
  return parts.join(' ');
}

/** The text of `.env.example`: every setting commented out, with its default or an example. */
export function envExample(): string {
  const lines = [
    '# Settings of Mainstay. Nothing is needed for development; lines beginning with # are not read.',
    '# Generated from the schema by `npm run config:docs`; explained in docs/configuration.md.',
  ];
  for (const { title, settings } of sections()) {
    lines.push('', `# --- ${title} ---`);
    for (const [name, setting] of settings) {
      lines.push('', `# ${setting.doc}`);
      lines.push(
        `# Expected: ${setting.expected.replaceAll('`', '')}. Default: ${defaultText(setting).replaceAll('`', '')}.`,
      );
      if (setting.production === 'required') lines.push('# Production demands it.');
      if (setting.make) lines.push(`# Make one: ${setting.make}`);
      if (setting.secret) lines.push(`# Or ${name}_FILE with the path of a file that holds it.`);
      lines.push(`#${name}=${/[\s<>]/.test(setting.example) ? `"${setting.example}"` : setting.example}`);
    }
  }
  return `${lines.join('\n')}\n`;
}

const cell = (text: string): string => text.replaceAll('|', '\\|');

/** The text of `docs/configuration.md`. */
export function configurationPage(): string {
  const lines = [
    '# Configuration',
    '',
    'Mainstay is configured by environment variables alone. This page is generated from the schema in',
    '`src/kernel/config/settings.ts` by `npm run config:docs`.',
    '',
    '- Nothing is needed for development. An empty value counts as unset.',
    '- Booleans are `true` or `false`; lists are comma separated; units are part of the name (`_SECONDS`, `_MS`, `_BYTES`).',
    '- A setting marked *secret* can also be given as `<NAME>_FILE`, the path of a file that holds it (Docker and',
    '  Kubernetes secrets). Setting both is an error.',
    '- Everything that is wrong is reported at once on standard error, one line a fault, and the process ends with exit',
    '  code 78. Values are never shown. An unknown `MAINSTAY_*` name is a warning that names the nearest one.',
    '- Production refuses secrets that are short, or copied from a document.',
  ];
  for (const { title, settings } of sections()) {
    lines.push('', `## ${title}`, '', '| Name | Meaning | Form | Default |', '|---|---|---|---|');
    for (const [name, setting] of settings) {
      const label = `\`${name}\`${setting.secret ? ' *secret*' : ''}`;
      lines.push(`| ${[label, notes(setting), setting.expected, defaultText(setting)].map(cell).join(' | ')} |`);
    }
  }
  lines.push('', '## Read by the tools only', '', '| Name | Meaning |', '|---|---|');
  for (const [name, doc] of Object.entries(TOOL_SETTINGS)) lines.push(`| \`${name}\` | ${cell(doc)} |`);
  return `${lines.join('\n')}\n`;
}
