import { asNumber, asText, dictsOf, type Readable } from '../values';
import { asRate } from './rate';

/** What the bars read of their models, with its types made sure of. */

export type Button = Readonly<ReturnType<typeof buttonsOf>[number]>;
export type Suggestion = Readonly<ReturnType<typeof suggestionsOf>[number]>;
export type Rule = Readonly<ReturnType<typeof rulesOf>[number]>;
export type Field = Readonly<ReturnType<typeof fieldsOf>[number]>;
export type Run = Readonly<ReturnType<typeof runsOf>[number]>;
export type ReceiptRow = Readonly<ReturnType<typeof rowsOf>[number]>;

/**
 * The buttons of a bar. The id is the same as long as it is the same button, whatever its
 * command; the primary one is what one would press next.
 */
export function buttonsOf(model: Readable) {
  return dictsOf(model.get('buttons')).map((item) => ({
    id: asText(item['id']),
    command: asText(item['command']),
    label: asText(item['label']),
    title: asText(item['title']),
    enabled: item['enabled'] !== false,
    primary: item['primary'] === true,
    /** The rate that it chooses, if it chooses one. */
    lr: asRate(item['lr']),
  }));
}

export function suggestionsOf(model: Readable) {
  return dictsOf(model.get('suggestions')).map((item) => ({
    rule: asText(item['rule']),
    label: asText(item['label']),
    lr: asRate(item['lr']),
    reason: asText(item['reason']),
    unsure: item['certainty'] === 'unsure',
    active: item['active'] === true,
  }));
}

export function rulesOf(model: Readable) {
  return dictsOf(model.get('rules')).map((item) => ({
    name: asText(item['name']),
    label: asText(item['label']) || asText(item['name']),
    title: asText(item['title']),
  }));
}

export function fieldsOf(model: Readable) {
  return dictsOf(model.get('next_sweep')).map((item) => ({
    name: asText(item['name']),
    label: asText(item['label']),
    text: asText(item['text']),
    title: asText(item['title']),
    enabled: item['enabled'] !== false,
    wrong: item['wrong'] === true,
  }));
}

export function runsOf(model: Readable) {
  return dictsOf(model.get('runs')).map((item) => ({
    id: asText(item['id']),
    name: asText(item['name']),
    visible: item['visible'] !== false,
    removable: item['removable'] !== false,
  }));
}

/** What was compared after a sweep. */
export function rowsOf(model: Readable) {
  return dictsOf(model.get('rows')).map((row) => ({
    category: asText(row['category']),
    // How many things of the kind were compared; 0 where that was not counted.
    compared: asNumber(row['compared']) ?? 0,
    how: asText(row['how']),
    identical: row['identical'] === true,
    detail: asText(row['detail']),
    // False where a difference cannot come from the sweep.
    bySweep: row['by_sweep'] !== false,
  }));
}

/** The outcome of one comparison, in words. */
export function outcomeOf(row: ReceiptRow): string {
  if (row.identical) {
    return 'identical';
  }
  const outcome = row.bySweep ? 'differs' : 'changed, not by the sweep';
  return row.detail === '' ? outcome : `${outcome}: ${row.detail}`;
}
