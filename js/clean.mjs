// Removes what the build wrote, so that a release never carries a stale file.
import { rmSync } from 'node:fs';

for (const path of ['js/lib', 'lrfind_widget/labextension', 'lrfind_widget/page', 'dist/index.js', 'dist/index.js.LICENSE.txt']) {
  rmSync(new URL(`../${path}`, import.meta.url), { recursive: true, force: true });
}
