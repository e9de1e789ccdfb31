import { relative, sep } from 'node:path';
import prettier from 'eslint-config-prettier';
import tseslint from 'typescript-eslint';

/** Folders that say nothing of what is in them (ARCHITECTURE: the folder says the role). */
const FORBIDDEN_FOLDERS = ['utils', 'helpers', 'common', 'shared', 'services', 'dtos', 'interfaces', 'types'];

const mainstay = {
  rules: {
    'folder-names': {
      meta: { type: 'problem', schema: [], messages: { folder: 'A folder is called by its role, not "{{name}}".' } },
      create: (context) => ({
        Program(node) {
          const folders = relative(import.meta.dirname, context.filename)
            .split(sep)
            .slice(0, -1);
          const name = folders.find((folder) => FORBIDDEN_FOLDERS.includes(folder));
          if (name) context.report({ node, messageId: 'folder', data: { name } });
        },
      }),
    },
    'file-names': {
      meta: { type: 'problem', schema: [], messages: { file: 'File names are kebab-case.' } },
      create: (context) => ({
        Program(node) {
          const name = relative(import.meta.dirname, context.filename)
            .split(sep)
            .at(-1);
          if (!/^\.?[a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*$/.test(name))
            context.report({ node, messageId: 'file' });
        },
      }),
    },
  },
};

const CLOCK = 'Time comes from the kernel clock: clock.now(), clock.nowMs().';
const clockReads = [
  { selector: "NewExpression[callee.name='Date'][arguments.length=0]", message: CLOCK },
  { selector: "CallExpression[callee.name='Date']", message: CLOCK },
  {
    selector:
      "CallExpression[callee.object.name='DateTime'][callee.property.name=/^(now|local|utc)$/][arguments.length=0]",
    message: CLOCK,
  },
  {
    selector:
      ':matches(Literal[value=/(^|[^.\\w`])(now|clock_timestamp|statement_timestamp|transaction_timestamp)\\(\\)/i], TemplateElement[value.raw=/(^|[^.\\w`])(now|clock_timestamp|statement_timestamp|transaction_timestamp)\\(\\)/i])',
    message: 'SQL reads kernel.now(), the twin of the kernel clock.',
  },
];
const nest = [
  {
    selector: "CallExpression[callee.name='forwardRef']",
    message: 'No forwardRef: break the cycle by an event or a contract.',
  },
  {
    selector: "MemberExpression[object.name='Scope'][property.name='REQUEST']",
    message: 'No request scope: use currentContext().',
  },
];
const noClock = [
  { object: 'Date', property: 'now', message: CLOCK },
  {
    object: 'performance',
    property: 'now',
    message: 'Durations are measured with monotonicMs() of kernel/clock; moments come from the clock.',
  },
  { object: 'performance', property: 'timeOrigin', message: CLOCK },
];
const noWeakSignal = {
  object: 'AbortSignal',
  property: 'any',
  message: 'Node 20 holds it weakly: collected as garbage, it ends nothing. Abort one controller from both.',
};
const noRandom = { object: 'Math', property: 'random', message: 'Use node:crypto: newId(), newSecret(), randomInt().' };

export default tseslint.config(
  {
    ignores: [
      'dist/',
      'coverage/',
      '.mainstay/',
      '.cache/',
      'sdk/',
      'console/',
      'src/metadata.ts',
      'test/arch/fixtures/',
    ],
  },
  { linterOptions: { reportUnusedDisableDirectives: 'error' } },
  ...tseslint.configs.recommended,
  {
    plugins: { mainstay },
    rules: {
      'mainstay/folder-names': 'error',
      'mainstay/file-names': 'error',
      '@typescript-eslint/no-unused-vars': [
        'error',
        { argsIgnorePattern: '^_', varsIgnorePattern: '^_', ignoreRestSiblings: true },
      ],
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      'no-restricted-syntax': ['error', ...nest],
      '@typescript-eslint/consistent-type-imports': 'off',
      '@typescript-eslint/no-this-alias': 'off',
      'no-var': 'error',
      'prefer-const': 'error',
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-console': 'error',
      'no-restricted-syntax': ['error', ...nest, ...clockReads],
      'no-restricted-properties': ['error', ...noClock, noRandom, noWeakSignal],
      '@typescript-eslint/no-explicit-any': 'error',
    },
  },
  {
    files: ['src/kernel/clock/**'],
    rules: {
      'no-restricted-syntax': ['error', ...nest],
      'no-restricted-properties': ['error', noRandom, noWeakSignal],
    },
  },
  {
    files: ['**/*.spec.ts', '**/*.int-spec.ts', '**/*.e2e-spec.ts', 'test/**/*.ts', 'bench/**/*.ts', 'tour/**/*.ts'],
    rules: {
      'no-console': 'off',
      'no-restricted-properties': 'off',
      'no-restricted-syntax': ['error', ...nest],
      '@typescript-eslint/no-require-imports': 'off',
    },
  },
  {
    files: ['**/*.{js,cjs}'],
    languageOptions: { sourceType: 'commonjs' },
    rules: { '@typescript-eslint/no-require-imports': 'off' },
  },
  prettier,
);
