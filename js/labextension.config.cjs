const { join } = require('node:path');

const root = join(__dirname, '..');

// jupyter-builder packs the file that package.json names as `main`, which is that of the npm
// package. In JupyterLab bqplot is shared, so that what is packed is our sources alone.
module.exports = {
  resolve: { alias: { [join(root, 'dist/index.js')]: join(root, 'js/lib/index.js') } },
  // Numbered as they are met: another number is made from the path of the folder.
  optimization: { moduleIds: 'natural' },
};
