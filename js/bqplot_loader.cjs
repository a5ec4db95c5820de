const HEAD = 'define(["@jupyter-widgets/base"],';

/** Makes a CommonJS module of bqplot's AMD file. */
module.exports = function (source) {
  if (!source.includes(HEAD)) {
    throw new Error(`bqplot's front end was expected to start with ${HEAD}`);
  }
  return `const define = (_names, factory) => {
  module.exports = factory(require('@jupyter-widgets/base'));
};
${source}`;
};
