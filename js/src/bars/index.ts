export {
  ChoiceBarModel,
  ReceiptBarModel,
  RunBarModel,
  SettingsBarModel,
  VerdictBarModel,
} from './models';
export { RunBarView } from './run_bar';
export { ChoiceBarView } from './choice_bar';
export { SettingsBarView } from './settings_bar';
export { ReceiptBarView } from './receipt_bar';
export { VerdictBarView } from './verdict_bar';
