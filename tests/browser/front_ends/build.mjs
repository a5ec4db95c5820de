// Packs the pages into build/, each with a widget manager that shows what its front end would.
import { copyFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { rspack } from '@rspack/core';

const path = (name) => fileURLToPath(new URL(name, import.meta.url));

const compiler = rspack({
  mode: 'none',
  context: path('.'),
  entry: { vscode: path('vscode.js'), colab: path('colab/page.js') },
  output: { path: path('build'), filename: '[name].js', module: true, publicPath: '' },
  resolve: {
    alias: {
      // The connection to the kernel is JupyterLab's own; the manager in Colab's stead has an older one.
      services$: path('../../../node_modules/@jupyterlab/services'),
      // One for all: npm gives the controls another than was asked for.
      '@jupyter-widgets/base': path('node_modules/@jupyter-widgets/base'),
    },
  },
  module: { rules: [{ test: /\.css$/, use: ['style-loader', 'css-loader'] }] },
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
