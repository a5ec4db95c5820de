import tseslint from 'typescript-eslint';

export default tseslint.config(
  { ignores: ['js/lib/**', 'node_modules/**', 'lrfind_widget/**'] },
  ...tseslint.configs.strictTypeChecked.map((config) => ({ ...config, files: ['js/**/*.ts'] })),
  {
    files: ['js/**/*.ts'],
    languageOptions: {
      parserOptions: { project: './js/tsconfig.check.json', tsconfigRootDir: import.meta.dirname },
    },
    rules: {
      // Numbers in a template are how every attribute of an SVG element is written.
      '@typescript-eslint/restrict-template-expressions': ['error', { allowNumber: true }],
      // Backbone's listenTo calls a method that it is handed on the object that listens.
      '@typescript-eslint/unbound-method': 'off',
    },
  },
);
