import '../style/index.css';

export { Annotations, AnnotationsModel } from './annotations';
export { Axes, AxesModel } from './axes';
export { Bands, BandsModel } from './bands';
export * from './bars';
export { ComparisonCurves, ComparisonCurvesModel } from './comparison_curves';
export { Curve } from './curve';
export { CurveModel } from './curve_model';
export {
  Figure,
  FigureModel,
  LinearScale,
  LinearScaleModel,
  LogScale,
  LogScaleModel,
} from './figure';
export { Marker, MarkerModel } from './marker';
export { Runs, RunsModel } from './runs';
export { Spread, SpreadModel } from './spread';
export { MODULE_NAME, MODULE_VERSION } from './version';
