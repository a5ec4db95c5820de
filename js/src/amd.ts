// First, so that bqplot's style sheet comes before ours.
import 'bqplot';

import '../style/page.css';

export * from './index';
export { FigureOnGround as Figure } from './ground';
