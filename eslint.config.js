import eslint from '@eslint/js';
import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['dist/', 'node_modules/', '.faultline/', 'test/fixtures/checks/*.mjs'] },
  eslint.configs.recommended,
  ...tseslint.configs.strictTypeChecked,
  {
    languageOptions: {
      parserOptions: {
        projectService: { allowDefaultProject: ['eslint.config.js', '.dependency-cruiser.cjs'] },
        tsconfigRootDir: import.meta.dirname,
      },
    },
    rules: {
      eqeqeq: ['error', 'always', { null: 'ignore' }],
      '@typescript-eslint/consistent-type-imports': 'error',
      '@typescript-eslint/switch-exhaustiveness-check': 'error',
      // Index access is checked by noUncheckedIndexedAccess; numeric kernels assert in-range reads with `!`.
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/restrict-template-expressions': [
        'error',
        { allowNumber: true, allowBoolean: true },
      ],
      // commander, fastify and Temporal hand out methods that are safe to pass unbound.
      '@typescript-eslint/unbound-method': 'off',
      '@typescript-eslint/no-confusing-void-expression': ['error', { ignoreArrowShorthand: true }],
    },
  },
  {
    // Workflow code is replayed: no clock, randomness or I/O that the sandbox does not replace.
    files: ['workflows/**/*.ts'],
    rules: {
      'no-restricted-globals': [
        'error',
        'fetch',
        'process',
        'Buffer',
        'setInterval',
        'structuredClone',
        'performance',
        'crypto',
      ],
      // Anything but an ApplicationFailure fails the workflow task again and again, and the workflow hangs.
      'no-restricted-syntax': [
        'error',
        {
          selector: 'ThrowStatement > NewExpression[callee.name=/Error$/]',
          message: 'throw an ApplicationFailure: any other error makes the workflow task fail for ever',
        },
      ],
    },
  },
  {
    // The analysis is deterministic to the byte: no clock, no randomness.
    files: ['analysis/**/*.ts', 'report/**/*.{ts,tsx}'],
    rules: {
      'no-restricted-properties': [
        'error',
        { object: 'Math', property: 'random', message: 'analysis and report are deterministic' },
        { object: 'Date', property: 'now', message: 'analysis and report have no clock' },
      ],
    },
  },
  {
    files: ['test/**/*.ts'],
    rules: { '@typescript-eslint/no-unused-expressions': 'off' },
  },
  {
    files: ['**/*.js', '**/*.cjs'],
    extends: [tseslint.configs.disableTypeChecked],
    languageOptions: { globals: { module: 'writable', process: 'readonly' } },
  },
);
