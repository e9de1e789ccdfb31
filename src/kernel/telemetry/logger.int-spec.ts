import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { testApp } from '../../../test/support/app';
import { ColumnTags } from './column-tags';
import { errorForLog, isRedacted, redact } from './redaction';

describe('redaction', () => {
  it('replaces secrets and personal values by name, at any depth', () => {
    const entry = {
      headers: { authorization: 'Bearer x', 'X-Tenant': 'demo', Cookie: 'a=b' },
      body: [{ newPassword: 'p', refresh_token: 't', email: 'a@example.org', note: 'fine', total: 3 }],
    };
    expect(redact(entry)).toEqual({
      headers: { authorization: '[redacted]', 'X-Tenant': 'demo', Cookie: '[redacted]' },
      body: [{ newPassword: '[redacted]', refresh_token: '[redacted]', email: '[redacted]', note: 'fine', total: 3 }],
    });
  });

  it('keeps every string on its line, without terminal escapes', () => {
    expect(redact({ agent: 'a\r\nlevel=50 forged\u001b[31m red\u0007\u2028x' })).toEqual({
      agent: 'a level=50 forged red x',
    });
  });

  it('tells of database errors what is safe', () => {
    const error = Object.assign(new Error('duplicate key'), {
      code: '23505',
      detail: 'Key (email)=(bob@example.org) already exists.',
      parameters: ['bob@example.org'],
      query: 'insert ...',
    });
    expect(JSON.stringify(errorForLog(error))).not.toContain('bob@');
    expect(errorForLog(error)).toMatchObject({ message: 'duplicate key', code: '23505' });
  });

  it('learns the columns that migrations tagged', async () => {
    expect(isRedacted('customerName')).toBe(false);
    const app = await testApp([], { providers: [ColumnTags] });
    try {
      expect(isRedacted('customerName')).toBe(true);
      expect(isRedacted('shipping_address')).toBe(true);
      expect(isRedacted('name')).toBe(false);
    } finally {
      await app.close();
    }
  });
});

it('writes JSON lines to stdout and to a file of the day', async () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'mainstay-log-'));
  const root = path.resolve(__dirname, '../../..');
  const script = `require('./tools/typescript.cjs');
    const { configureLogger, logger } = require('./src/kernel/telemetry/logger.ts');
    const { runInContext } = require('./src/kernel/context/request-context.ts');
    const { loadConfig } = require('./src/kernel/config/config.ts');
    const config = loadConfig({ NODE_ENV: 'test', LOG_LEVEL: 'info', MAINSTAY_LOG_FILE: ${JSON.stringify(path.join(folder, 'api.log'))} });
    configureLogger(config).then(() => runInContext({ requestId: 'request-1', tenantId: 'tenant-1' }, () => logger.info({ password: 'p' }, 'hello')));`;
  try {
    const { stdout } = await promisify(execFile)(process.execPath, ['-e', script], { cwd: root });
    const line = JSON.parse(stdout.trim()) as Record<string, unknown>;
    expect(line).toMatchObject({
      level: 30,
      requestId: 'request-1',
      tenantId: 'tenant-1',
      password: '[redacted]',
      msg: 'hello',
    });
    const files = readdirSync(folder);
    expect(files).toEqual([expect.stringMatching(/^api\.\d{4}-\d{2}-\d{2}\.1\.log$/)]);
    expect(readFileSync(path.join(folder, files[0]), 'utf8')).toBe(stdout);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}, 60_000);
