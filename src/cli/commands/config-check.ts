import { ConfigError, countOfFaults, formatFaults, loadConfig } from '../../kernel/config/config';
import { EXIT } from '../../start/exit';
import { defineCommand } from '../command';

export const command = defineCommand({
  name: 'config:check',
  summary: 'check the settings and show the ones in force',
  usage: '',
  description: 'Reports everything that is wrong at once (exit 78). Secrets only say whether they are set.',
  options: {},
  run({ env, out }) {
    try {
      const config = loadConfig(env);
      const settings = config.toJSON();
      for (const warning of config.warnings) if (!out.json) out.warn(`${out.yellow('Warning:')} ${warning}`);
      const width = Math.max(...Object.keys(settings).map((name) => name.length));
      const lines = Object.entries(settings)
        .filter(([name]) => name !== 'warnings')
        .map(
          ([name, value]) =>
            `  ${name.padEnd(width)}  ${Array.isArray(value) ? value.join(', ') : String(value ?? '-')}`,
        );
      out.result({ ok: true, warnings: config.warnings, settings }, `${lines.join('\n')}\nThe settings are right.`);
      return Promise.resolve(EXIT.ok);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { faults, warnings } = error;
      if (out.json) out.result({ ok: false, warnings, faults }, '');
      else {
        for (const warning of warnings) out.warn(`${out.yellow('Warning:')} ${warning}`);
        out.warn(`${out.red(`${countOfFaults(faults)}:`)}\n${formatFaults(faults)}`);
      }
      return Promise.resolve(EXIT.configuration);
    }
  },
});
