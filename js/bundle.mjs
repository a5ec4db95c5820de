// Packs dist/index.js: the front end as one AMD module with bqplot inside, for pages that do not
// take a prebuilt extension of JupyterLab; and beside it the licences of what is inside.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rspack } from '@rspack/core';

import { BQPLOT, licences } from './bqplot_files.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const compiler = rspack({
  mode: 'production',
  context: path('..'),
  entry: path('lib/amd.js'),
  output: {
    path: path('../dist'),
    filename: 'index.js',
    library: { type: 'amd' },
    // Nothing is loaded later.
    publicPath: '',
  },
  externals: ['@jupyter-widgets/base'],
  externalsType: 'amd',
  resolve: { alias: { bqplot$: BQPLOT } },
  module: {
    rules: [
      // package.json says that every file is CommonJS; those of tsc are not.
      { test: /\.js$/, type: 'javascript/auto' },
      {
        test: /\.css$/,
        use: [
          'style-loader',
          { loader: 'css-loader', options: { importLoaders: 1 } },
          { loader: 'builtin:lightningcss-loader', options: { minify: true } },
        ],
      },
      { test: (file) => file === BQPLOT, use: path('bqplot_loader.cjs') },
    ],
  },
  // Numbered as they are met: other numbers are made from paths, and bqplot's differs by machine.
  optimization: { moduleIds: 'natural', splitChunks: false },
  performance: false,
});

compiler.run((error, stats) => {
  if (error || stats.hasErrors()) {
    throw error ?? new Error(stats.toString({ all: false, errors: true }));
  }
  writeFileSync(path('../dist/index.js.LICENSE.txt'), licenceText());
});

function licenceText() {
  const own = ['css-loader', 'style-loader'].map((name) => {
    const folder = `../node_modules/${name}`;
    const { version, license } = JSON.parse(readFileSync(path(`${folder}/package.json`), 'utf8'));
    const text = readFileSync(path(`${folder}/LICENSE`), 'utf8');
    return { name, versionInfo: version, licenseId: license, text };
  });
  return [...licences(), ...own]
    .map(({ name, versionInfo, licenseId, text }) => `${name} ${versionInfo} (${licenseId})\n\n${text.trim()}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}
