import { describe, expect, it } from 'vitest';

import { FrameModel } from '../../src/frame';
import { Trainings, TrainingsModel } from '../../src/trainings';
import { floats, frame, makeModel, makeScales, show } from './page';

const ONE = {
  name: '1e-3',
  lr: floats(1, 2, 3),
  smoothed: floats(0.9, 0.8, 0.7),
  valSteps: floats(3),
  valLosses: floats(0.6),
  visible: true,
};
const OTHER = { ...ONE, name: '<b>1e-2</b>', valSteps: floats(), valLosses: floats() };

describe('trainings', () => {
  it('are lines with a name each, and dots for the validation loss', async () => {
    const scales = makeScales();
    const model = makeModel(TrainingsModel, { scales, runs: [ONE, OTHER], label: 'Two rates' });
    const view = await show(Trainings, model);
    const groups = Array.from(view.el.querySelectorAll('.lrfind-training'));
    expect(groups.map((group) => group.querySelector('text')?.textContent)).toEqual([
      '1e-3',
      '<b>1e-2</b>',
    ]);
    expect(groups.map((group) => group.getAttribute('class'))).toEqual([
      'lrfind-training lrfind-training-0',
      'lrfind-training lrfind-training-1',
    ]);
    const dots = groups.map((group) => group.querySelector('.lrfind-training-dots'));
    expect(dots.map((path) => path?.getAttribute('d') !== '')).toEqual([true, false]);
    expect(view.el.getAttribute('aria-label')).toBe('Two rates');
    model.set('runs', [ONE]);
    await frame();
    expect(view.el.querySelectorAll('.lrfind-training')).toHaveLength(1);
  });

  it('are framed with their validation losses', () => {
    const scales = makeScales();
    const high = { ...ONE, valLosses: floats(5) };
    const runs = makeModel(TrainingsModel, { scales, runs: [high] });
    makeModel(FrameModel, { scales, runs, lo: 1, hi: 3, y_frame: 'all' });
    expect(scales.y.domain[1]).toBeGreaterThan(5);
  });

  it('travel as binary and come back the same', () => {
    const { deserialize, serialize } = TrainingsModel.serializers.runs;
    expect(deserialize(serialize([ONE, OTHER]))).toEqual([ONE, OTHER]);
    expect(deserialize(null)).toEqual([]);
  });
});
