import { ConfigError, countOfFaults, EXIT_CONFIG, formatFaults, loadConfig, type Config } from './kernel/config/config';
import { readEnvironment } from './start/environment';

const complain = (text: string): void => void process.stderr.write(`${text}\n`);

/** The settings; all faults at once, exit 78. */
function readConfig(): Config {
  try {
    return loadConfig(readEnvironment());
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const warning of error.warnings) complain(`Warning: ${warning}`);
    complain(`Mainstay cannot start, ${countOfFaults(error.faults)}:\n${formatFaults(error.faults)}`);
    process.exit(EXIT_CONFIG);
  }
}

const config = readConfig();
// Loaded only now: a wrong setting is told before the application's code is read.
void import('./start/process.js').then(({ run }) => run(config));
