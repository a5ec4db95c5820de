// Packs the front end with bqplot inside: dist/index.js is one AMD module, for pages that do not take
// a prebuilt extension of JupyterLab; lrfind_widget/page/page.js is a whole program with the base of
// ipywidgets too, for the page that `save_html` writes. Beside each are the licences of what is inside.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rspack } from '@rspack/core';

import { BQPLOT, licences } from './bqplot_files.mjs';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const common = {
  mode: 'production',
  context: path('..'),
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
};

const amdModule = {
  ...common,
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
};

const page = {
  ...common,
  entry: path('lib/page.js'),
  output: { path: path('../lrfind_widget/page'), filename: 'page.js', publicPath: '' },
  resolve: {
    alias: {
      ...common.resolve.alias,
      // One copy, also where bqplot lies beside another checkout.
      '@jupyter-widgets/base$': path('../node_modules/@jupyter-widgets/base'),
      // Cleans HTML in labels, of which none of our widgets has one.
      'sanitize-html$': path('no_html.cjs'),
    },
  },
};

rspack([amdModule, page], (error, built) => {
  if (error || built.hasErrors()) {
    throw error ?? new Error(built.toString({ all: false, errors: true }));
  }
  for (const stats of built.stats) {
    const { path: folder, filename } = stats.compilation.outputOptions;
    writeFileSync(`${folder}/${filename}.LICENSE.txt`, licenceText(packagesIn(stats)));
  }
});

/** The names of the npm packages that a bundle has something of. */
function packagesIn(stats) {
  const { modules } = stats.toJson({ all: false, modules: true, orphanModules: true });
  const files = modules.map(({ name }) => name ?? '');
  const found = files.flatMap((file) => [...file.matchAll(/node_modules\/((?:@[^/]+\/)?[^/]+)/g)]);
  return [...new Set(found.map(([, name]) => name))].sort();
}

function licenceText(names) {
  const own = names.map((name) => {
    const folder = path(`../node_modules/${name}`);
    const { version, license } = JSON.parse(readFileSync(`${folder}/package.json`, 'utf8'));
    const file = readdirSync(folder).find((each) => each.startsWith('LICENSE'));
    // Some say in their repository alone what holds for all packages of a scope.
    const text = file ? `${folder}/${file}` : path(`licenses/${name.split('/')[0]}.txt`);
    return { name, versionInfo: version, licenseId: license, text: readFileSync(text, 'utf8') };
  });
  return [...licences(), ...own]
    .map(({ name, versionInfo, licenseId, text }) => `${name} ${versionInfo} (${licenseId})\n\n${text.trim()}\n`)
    .join(`\n${'-'.repeat(80)}\n\n`);
}
