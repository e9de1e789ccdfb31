import { existsSync } from 'node:fs';

/** The environment with `.env` of the working directory beneath it: a variable that is set is never overridden. */
export function readEnvironment(): NodeJS.ProcessEnv {
  if (existsSync('.env')) process.loadEnvFile('.env');
  return process.env;
}
