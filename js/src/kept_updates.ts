import type { KernelMessage, NotebookModel } from '@jupyterlab/notebook';

import { modelId } from './kept_output';

/**
 * Put what the kernel keeps of a widget into the outputs of a notebook.
 *
 * JupyterLab itself updates only outputs that it saw being made: in a page that was loaded again,
 * the output would keep for ever what it had when it was saved.
 */
export function keepUpdate(notebook: NotebookModel | null, message: KernelMessage): void {
  const { data, metadata } = message.content as Record<string, Record<string, unknown> | undefined>;
  const id = data === undefined ? null : modelId(data);
  if (message.header.msg_type !== 'update_display_data' || data === undefined || id === null) {
    return;
  }
  for (const { outputs } of notebook?.cells ?? []) {
    for (let index = 0; index < (outputs?.length ?? 0); index += 1) {
      const kept = outputs?.get(index).data ?? {};
      const differs = Object.keys(data).some((type) => isText(data[type]) && data[type] !== kept[type]);
      if (modelId(kept) === id && differs) {
        outputs?.set(index, { output_type: 'display_data', data, metadata: metadata ?? {} });
      }
    }
  }
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}
