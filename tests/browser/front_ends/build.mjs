// Packs the pages into build/: each with the widget manager of its front end, as others have made it.
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rspack } from '@rspack/core';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const compiler = rspack({
  mode: 'none',
  context: path('.'),
  entry: {
    vscode: path('vscode.js'),
    colab: path('colab/page.js'),
    // What Colab loads from the address that the metadata of an output name.
    manager: { import: path('colab/manager/index.ts'), library: { type: 'module' } },
  },
  output: { path: path('build'), filename: '[name].js', module: true, publicPath: '' },
  resolve: {
    extensions: ['.ts', '.js'],
    alias: {
      // The connection to the kernel is JupyterLab's own; Colab's manager has an older one.
      'services$': path('../../../node_modules/@jupyterlab/services'),
      // Made from index.css by the build of Colab's manager.
      '../lib/index.css.txt$': path('colab/manager/index.css'),
    },
  },
  module: {
    rules: [
      { test: /\.ts$/, loader: 'builtin:swc-loader', options: { jsc: { target: 'es2022' } } },
      { test: /\.css$/, loader: 'css-loader', options: { exportType: 'string' } },
    ],
  },
});

compiler.run((error, stats) => {
  if (error || stats.hasErrors()) {
    throw error ?? new Error(stats.toString({ all: false, errors: true }));
  }
  const others = ['requirejs/require.js', '@vscode/jupyter-ipywidgets8/dist/ipywidgets.js'];
  const pages = ['vscode.html', 'colab/colab.html'];
  for (const file of [...others.map((name) => `node_modules/${name}`), ...pages]) {
    copyFileSync(path(file), path(`build/${file.split('/').at(-1)}`));
  }
});
