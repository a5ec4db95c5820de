// First, so that bqplot's style sheet comes before ours.
import 'bqplot';

export * from './index';
