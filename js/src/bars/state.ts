/**
 * What a bar's model holds, with its types made sure of: the kernel may be of another
 * version, and a saved notebook may hold anything. What does not fit becomes empty.
 */

/** The part of a widget's model that is read here. */
export interface Readable {
  get(name: string): unknown;
}

export interface Action {
  readonly id: string;
  readonly label: string;
  readonly title: string;
  readonly enabled: boolean;
}

export interface Suggestion {
  readonly rule: string;
  readonly label: string;
  readonly lr: number | null;
  readonly reason: string;
  readonly active: boolean;
}

export interface Rule {
  readonly name: string;
  readonly label: string;
  readonly title: string;
}

export interface Run {
  readonly id: string;
  readonly name: string;
  readonly visible: boolean;
  readonly removable: boolean;
}

export interface ReceiptRow {
  readonly category: string;
  /** How many things of the kind were compared; 0 where that was not counted. */
  readonly compared: number;
  readonly how: string;
  readonly identical: boolean;
  readonly detail: string;
  /** False where a difference cannot come from the sweep. */
  readonly bySweep: boolean;
}

export interface Receipt {
  readonly sentence: string;
  readonly identical: boolean;
  readonly rows: readonly ReceiptRow[];
}

type Entries = Readonly<Record<string, unknown>>;

export function textOf(model: Readable, name: string): string {
  return asText(model.get(name));
}

export function numberOf(model: Readable, name: string): number | null {
  const value = model.get(name);
  return typeof value === 'number' && Number.isFinite(value) ? value : null;
}

export function flagOf(model: Readable, name: string): boolean {
  return model.get(name) === true;
}

export function actionsOf(model: Readable): Action[] {
  return dictsOf(model.get('actions')).map((item) => ({
    id: asText(item['id']),
    label: asText(item['label']),
    title: asText(item['title']),
    enabled: item['enabled'] !== false,
  }));
}

export function suggestionsOf(model: Readable): Suggestion[] {
  return dictsOf(model.get('suggestions')).map((item) => {
    const lr = item['lr'];
    return {
      rule: asText(item['rule']),
      label: asText(item['label']),
      lr: typeof lr === 'number' && Number.isFinite(lr) && lr > 0 ? lr : null,
      reason: asText(item['reason']),
      active: item['active'] === true,
    };
  });
}

export function rulesOf(model: Readable): Rule[] {
  return dictsOf(model.get('rules')).map((item) => ({
    name: asText(item['name']),
    label: asText(item['label']) || asText(item['name']),
    title: asText(item['title']),
  }));
}

export function runsOf(model: Readable): Run[] {
  return dictsOf(model.get('runs')).map((item) => ({
    id: asText(item['id']),
    name: asText(item['name']),
    visible: item['visible'] !== false,
    removable: item['removable'] !== false,
  }));
}

export function receiptOf(model: Readable): Receipt | null {
  const value = model.get('receipt');
  if (!isDict(value) || asText(value['sentence']) === '') {
    return null;
  }
  return {
    sentence: asText(value['sentence']),
    identical: value['identical'] !== false,
    rows: dictsOf(value['rows']).map((row) => {
      const compared = row['compared'];
      return {
        category: asText(row['category']),
        compared: typeof compared === 'number' ? compared : 0,
        how: asText(row['how']),
        identical: row['identical'] === true,
        detail: asText(row['detail']),
        bySweep: row['by_sweep'] !== false,
      };
    }),
  };
}

/** The outcome of one comparison, in words. */
export function outcomeOf(row: ReceiptRow): string {
  if (row.identical) {
    return 'identical';
  }
  const outcome = row.bySweep ? 'differs' : 'changed, not by the sweep';
  return row.detail === '' ? outcome : `${outcome}: ${row.detail}`;
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

function isDict(value: unknown): value is Entries {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function dictsOf(value: unknown): Entries[] {
  return Array.isArray(value) ? value.filter(isDict) : [];
}
