export {
  ChoiceBarModel,
  ComparisonBarModel,
  HowBarModel,
  RunBarModel,
  SettingsBarModel,
} from './models';
export { ChoiceBarView } from './choice_bar';
export { ComparisonBarView } from './comparison_bar';
export { HowBarView } from './how_bar';
export { RunBarView } from './run_bar';
export { SettingsBarView } from './settings_bar';
