/**
 * The part of JupyterLab's notebook package that this extension uses. The package itself is
 * only ever taken from the running application, so nothing of it is installed here.
 */
declare module '@jupyterlab/notebook' {
  import type { Token } from '@lumino/coreutils';
  import type { Widget } from '@lumino/widgets';

  /** The data of one output, by media type. */
  export interface OutputModel {
    readonly data: Readonly<Record<string, unknown>>;
    readonly metadata?: Readonly<Record<string, unknown>>;
  }

  /** A widget that shows an output. */
  export type Renderer = Widget & { renderModel(model: OutputModel): Promise<void> };

  export interface RendererFactory {
    readonly safe: boolean;
    readonly mimeTypes: readonly string[];
    createRenderer(options: object): Renderer;
  }

  export interface RenderMime {
    addFactory(factory: RendererFactory, rank?: number): void;
    createRenderer(mimeType: string): Renderer;
  }

  /** The outputs of one cell. */
  export interface OutputArea {
    readonly length: number;
    get(index: number): OutputModel;
    set(index: number, output: object): void;
  }

  export interface NotebookModel {
    readonly cells: Iterable<{ readonly outputs?: OutputArea }>;
  }

  /** A message of the kernel to all. */
  export interface KernelMessage {
    readonly header: { readonly msg_type: string };
    readonly content: object;
  }

  export interface NotebookPanel {
    readonly content: {
      readonly rendermime: RenderMime;
      readonly model: NotebookModel | null;
    };
    readonly sessionContext: {
      readonly iopubMessage: {
        connect(slot: (context: unknown, message: KernelMessage) => void): boolean;
      };
    };
  }

  export interface INotebookTracker {
    forEach(visit: (panel: NotebookPanel) => void): void;
    readonly widgetAdded: {
      connect(slot: (tracker: INotebookTracker, panel: NotebookPanel) => void): boolean;
    };
  }

  export const INotebookTracker: Token<INotebookTracker>;
}
