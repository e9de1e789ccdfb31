import { execFile } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';

const ROOT = path.resolve(__dirname, '../..');
const run = promisify(execFile);
const { CHECKER } = require('../../tools/types.cjs') as { CHECKER: Record<string, string> };

/** Runs a tool of the repository; what it prints is the message of a failure. */
async function tool(file: string, ...args: string[]): Promise<string> {
  try {
    const { stdout, stderr } = await run(process.execPath, [file, ...args], {
      cwd: ROOT,
      env: { ...process.env, ...CHECKER, NO_COLOR: '1' },
    });
    return `${stdout}${stderr}`;
  } catch (error) {
    const { stdout, stderr } = error as { stdout: string; stderr: string };
    throw new Error(`${file} failed:\n${stdout}${stderr}`);
  }
}

const sourceFiles = (folder: string): string[] =>
  readdirSync(folder, { recursive: true, encoding: 'utf8' }).map((name) => path.join(folder, name));

interface Operation {
  operationId: string;
  summary: string;
  tags: string[];
  security: object[];
  'x-permission': string[];
  requestBody?: { content: Record<string, { example?: unknown }> };
  responses: Record<
    string,
    { content?: Record<string, { schema?: unknown; example?: unknown }>; 'x-problem-codes'?: string[] }
  >;
}

const document = JSON.parse(readFileSync(path.join(ROOT, 'docs/openapi.json'), 'utf8')) as {
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
};
const operations = Object.entries(document.paths).flatMap(([url, item]) =>
  Object.entries(item).map(([method, operation]) => ({ name: `${method} ${url}`, operation })),
);

describe('the API document', () => {
  it('is what the sources say', () => tool('tools/openapi.cjs', '--check'), 240_000);

  it('follows the rules that Redocly recommends', async () => {
    const said = await tool('node_modules/@redocly/cli/bin/cli.js', 'lint', '--format', 'stylish');
    expect(said).toMatch(/is valid/);
    expect(said).not.toMatch(/You have \d+ warning/);
  }, 240_000);

  it('says of each operation what it is, who may call it, what fails and what it looks like', () => {
    const lacking = operations.flatMap(({ name, operation }) => {
      const faults: string[] = [];
      if (!/^[a-z]+(?:[A-Z0-9][A-Za-z0-9]*)?$/.test(operation.operationId)) faults.push('operationId');
      if (!operation.summary || operation.tags.length !== 1) faults.push('summary or tag');
      if (!Array.isArray(operation['x-permission']) || !Array.isArray(operation.security)) faults.push('permission');
      if (!operation.responses['400']?.['x-problem-codes']?.length) faults.push('problems');
      for (const media of Object.values(operation.requestBody?.content ?? {}))
        if (media.example === undefined) faults.push('request example');
      const success = Object.entries(operation.responses).filter(
        ([status]) => status.startsWith('2') || status.startsWith('3'),
      );
      if (success.length === 0) faults.push('success');
      for (const [status, response] of success) {
        const media = Object.values(response.content ?? {});
        const none = status === '204' || status.startsWith('3') || name.startsWith('head ');
        if (media.length === 0 && !none) faults.push(`schema of ${status}`);
        if (media.some((one) => one.schema && one.example === undefined)) faults.push(`example of ${status}`);
      }
      return faults.map((fault) => `${name}: ${fault}`);
    });
    expect(lacking).toEqual([]);
  });
});

describe('the classes that the document names', () => {
  it('have names of their own: of two with one name only one would be shown', () => {
    const names = sourceFiles(path.join(ROOT, 'src'))
      .filter((file) => file.endsWith('.dto.ts'))
      .flatMap((file) => [...readFileSync(file, 'utf8').matchAll(/^export class (\w+)/gm)].map(([, name]) => name));
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });
});

describe('the groups of the document', () => {
  it('say in words of their own what they are about', () => {
    const { tags } = document;
    const used = [...new Set(operations.flatMap(({ operation }) => operation.tags))].sort();
    expect(tags.map(({ name }) => name).sort()).toEqual(used);
    // A group that lacks a text gets one in tools/openapi/tags.cjs.
    expect(tags.filter(({ description }) => /^Operations under|^.{0,20}$/.test(description))).toEqual([]);
  });
});

describe('the SDK', () => {
  it('is generated from the document', () => tool('tools/sdk.cjs', '--check'), 240_000);
  it(
    'compiles strictly',
    () => tool('node_modules/typescript-native/bin/tsc', '-p', 'sdk/tsconfig.json', '--noEmit', '--singleThreaded'),
    240_000,
  );
});
