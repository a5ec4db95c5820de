import { INotebookTracker, type NotebookPanel } from '@jupyterlab/notebook';

import { KEPT_OUTPUT, KeptOutput, RANK } from './kept_output';
import { keepUpdate } from './kept_updates';
import { MODULE_NAME } from './version';

/** Lets our outputs live through updates, and show their picture where no kernel is. */
export const keptOutputPlugin = {
  id: `${MODULE_NAME}:kept-output`,
  autoStart: true,
  optional: [INotebookTracker],
  activate: (_app: unknown, tracker: INotebookTracker | null): void => {
    const equip = (panel: NotebookPanel): void => {
      const { rendermime } = panel.content;
      rendermime.addFactory(
        {
          // Not for notebooks that are not trusted: those show the picture alone.
          safe: false,
          mimeTypes: [KEPT_OUTPUT],
          createRenderer: () => new KeptOutput(rendermime),
        },
        RANK,
      );
      panel.sessionContext.iopubMessage.connect((_context, message) => {
        keepUpdate(panel.content.model, message);
      });
    };
    tracker?.forEach(equip);
    tracker?.widgetAdded.connect((_tracker, panel) => {
      equip(panel);
    });
  },
};
