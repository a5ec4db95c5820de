import '../style/index.css';

export { Bands, BandsModel } from './bands';
export * from './bars';
export { Curve, CurveModel } from './curve';
export { Frame, FrameModel } from './frame';
export { Marker, MarkerModel } from './marker';
export { Runs, RunsModel } from './runs';
export { Spread, SpreadModel } from './spread';
export { Spots, SpotsModel } from './spots';
export { Trainings, TrainingsModel } from './trainings';
export { MODULE_NAME, MODULE_VERSION } from './version';
