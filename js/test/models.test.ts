import { describe, expect, it } from 'vitest';

import * as widgets from '../src';
import { MODULE_NAME, MODULE_VERSION } from '../src/version';
import { makeModel } from './comm';

type Model = new (attributes: Record<string, unknown>, options: never) => widgets.CurveModel;

const NONE = new Float64Array();

/** The traits of each widget and their defaults, which are those of the Python halves. */
const BARS = {
  RunBar: {
    status: 'waiting',
    sentence: '',
    ended: '',
    certainty: '',
    done: 0,
    total: 0,
    rate: '',
    objective: '',
    detail: '',
  },
  ChoiceBar: {
    marker: null,
    suggestions: [],
    about: [],
    message: '',
  },
  SettingsBar: {
    beta: 0.98,
    skip_start: 10,
    skip_end: 5,
    y_scale: 'linear',
    y_range: 'focus',
    rule: '',
    rules: [],
    runs: [],
  },
  HowBar: { summary: '', facts: [], error: '', traceback: '', identical: true, rows: [] },
  ComparisonBar: { sentence: '' },
};

const MARKS = {
  Axes: {
    lo: 1e-7,
    hi: 10,
    x_label: 'learning rate',
    y_label: 'loss',
    y_range: 'focus',
    curve: null,
    runs: null,
    spread: null,
    apply_clip: false,
  },
  Annotations: { annotations: [], marker: null, curve: null, apply_clip: true },
  Bands: { bands: [], apply_clip: true },
  ComparisonCurves: {
    number: NONE,
    step: NONE,
    smoothed: NONE,
    val_loss: NONE,
    generation: 0,
    names: [],
    label: '',
    apply_clip: false,
  },
  Curve: {
    lr: NONE,
    loss: NONE,
    smoothed: NONE,
    generation: 0,
    skip_start: 0,
    skip_end: 0,
    apply_clip: true,
  },
  Marker: { value: 1e-3, lo: 1e-7, hi: 10, label: 'Learning rate', apply_clip: false },
  Runs: { runs: [], apply_clip: true },
  Spread: { area: {}, apply_clip: true },
};

const identity = (name: string, view: string): Record<string, unknown> => ({
  _model_name: `${name}Model`,
  _view_name: view,
  _model_module: MODULE_NAME,
  _view_module: MODULE_NAME,
  _model_module_version: `^${MODULE_VERSION}`,
  _view_module_version: `^${MODULE_VERSION}`,
});

const defaultsOf = (name: string): Record<string, unknown> => {
  const exported = widgets as unknown as Record<string, Model>;
  const Found = exported[`${name}Model`];
  return Found === undefined ? {} : { ...makeModel(Found).attributes };
};

describe('the model', () => {
  it.each(Object.entries(BARS))('of the bar %s knows itself, its view and its defaults', (name, traits) => {
    const expected = { ...identity(name, `${name}View`), buttons: [], ...traits };
    expect(defaultsOf(name)).toMatchObject(expected);
    expect(widgets).toHaveProperty(`${name}View`);
  });

  it.each(['Figure', 'LinearScale', 'LogScale'])('of the %s is bqplot\'s under our name', (name) => {
    expect(defaultsOf(name)).toMatchObject(identity(name, name));
    expect(widgets).toHaveProperty(name);
  });

  it.each(Object.entries(MARKS))('of the mark %s knows itself, its view and its defaults', (name, traits) => {
    const expected = { ...identity(name, name), preserve_domain: { x: true, y: true }, ...traits };
    expect(defaultsOf(name)).toMatchObject(expected);
    expect(widgets).toHaveProperty(name);
  });
});
