/** What of bqplot our sources extend. What nothing of this needs is left out of the bundle. */
const TAKEN = [
  'Figure',
  'FigureModel',
  'LinearScale',
  'LinearScaleModel',
  'LogScale',
  'LogScaleModel',
  'Mark',
  'MarkModel',
];

const HEAD = 'define(["@jupyter-widgets/base"],';
/** A list of exports as webpack writes it: `{Albers:()=>a,AlbersModel:()=>b}`. */
const EXPORTS = /\{(?:[\w$]+:\(\)=>[\w$]+,?)+\}/g;

/** Makes a CommonJS module of bqplot's AMD file. */
module.exports = function (source) {
  const exported = source.match(EXPORTS)?.find((each) => each.includes('FigureModel:'));
  if (!source.includes(HEAD) || exported === undefined) {
    throw new Error("bqplot's front end is not the AMD file of its release 0.13: see js/bqplot_loader.cjs");
  }
  const taken = TAKEN.map((name) => exported.match(new RegExp(`\\b${name}:\\(\\)=>[\\w$]+`))[0]);
  return `const define = (_names, factory) => {
  module.exports = factory(require('@jupyter-widgets/base'));
};
${source.replace(exported, () => `{${taken.join(',')}}`)}`;
};
