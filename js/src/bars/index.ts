export {
  ChoiceBarModel,
  ComparisonBarModel,
  ReceiptBarModel,
  RunBarModel,
  SettingsBarModel,
} from './models';
export { ChoiceBarView } from './choice_bar';
export { ComparisonBarView } from './comparison_bar';
export { ReceiptBarView } from './receipt_bar';
export { RunBarView } from './run_bar';
export { SettingsBarView } from './settings_bar';
