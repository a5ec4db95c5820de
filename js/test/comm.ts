/** A comm that records what the page sends, and through which the tests send as the kernel does. */
import type { WidgetModel } from '@jupyter-widgets/base';

type State = Record<string, unknown>;
type Callbacks = { iopub?: { status?: (message: unknown) => void } } | undefined;

interface Sent {
  readonly method: string;
  readonly content?: State;
  readonly state?: State;
}

export class Comm {
  readonly sent: Sent[] = [];
  /** How often the page has asked for the whole state. */
  requests = 0;
  /** The versions of the front end that have said that they are there. */
  readonly here: unknown[] = [];
  private readonly unanswered: Callbacks[] = [];
  private receive: ((message: unknown) => Promise<void>) | undefined;

  send(data: Sent, callbacks?: Callbacks): string {
    if (data.method === 'request_state') {
      this.requests += 1;
      return `request-${this.requests}`;
    }
    if (data.content?.event === 'here') {
      this.here.push(data.content.version);
      return 'here';
    }
    this.sent.push(data);
    this.unanswered.push(callbacks);
    return `message-${this.sent.length}`;
  }

  on_msg(receive: (message: unknown) => Promise<void>): void {
    this.receive = receive;
  }

  on_close(): void {
    // A comm of the tests is never closed from the kernel.
  }

  /** Tells the page that the kernel has dealt with all that was sent. */
  answer(): void {
    for (const callbacks of this.unanswered.splice(0)) {
      callbacks?.iopub?.status?.({ content: { execution_state: 'idle' } });
    }
  }

  /** What arrives from the kernel as a custom message. */
  custom(content: unknown, ...buffers: unknown[]): void {
    void this.receive?.({ content: { data: { method: 'custom', content } }, buffers });
  }

  /** What arrives from the kernel as a state. */
  update(state: State): Promise<void> {
    return Promise.resolve(
      this.receive?.({ content: { data: { method: 'update', state, buffer_paths: [] } } }),
    );
  }

  /** What arrives from the kernel to confirm a state that the page has sent. */
  echo(state: State, number: number): Promise<void> {
    return Promise.resolve(
      this.receive?.({
        parent_header: { msg_id: `message-${number}` },
        content: { data: { method: 'echo_update', state, buffer_paths: [] } },
      }),
    );
  }

  /** The custom messages, which are events. */
  get contents(): State[] {
    return this.sent.flatMap(({ content }) => (content === undefined ? [] : [content]));
  }

  get events(): unknown[] {
    return this.contents.map(({ event }) => event);
  }

  get states(): State[] {
    return this.sent.flatMap(({ state }) => (state === undefined ? [] : [state]));
  }
}

type ModelClass<Model> = new (attributes: State, options: never) => Model;

let models = 0;

const made = new Map<string, WidgetModel>();

/** The widget manager that all models of the tests share. */
const manager = {
  callbacks: () => ({}),
  get_model: (id: string) =>
    made.has(id) ? Promise.resolve(made.get(id)) : Promise.reject(new Error('widget model not found')),
};

export function makeModel<Model extends WidgetModel>(
  type: ModelClass<Model>,
  state: State = {},
  comm: Comm | null = new Comm(),
): Model {
  models += 1;
  const options = { model_id: `model-${models}`, comm, widget_manager: manager };
  const model = new type(state, options as never);
  made.set(options.model_id, model);
  return model;
}
