// A manager of widgets that keeps to Colab's rules where they differ from JupyterLab's: modules come
// from npm alone and know two others, models are made when they are first asked for, and messages
// are walked, so that the kernel's next one does not wait for what is done about the last.
import * as base from '@jupyter-widgets/base';
import { ManagerBase } from '@jupyter-widgets/base-manager';
import * as controls from '@jupyter-widgets/controls';
import { Widget } from '@lumino/widgets';
import '@jupyter-widgets/base/css/index.css';
import '@jupyter-widgets/controls/css/widgets-base.css';

const KNOWN = { '@jupyter-widgets/base': base, '@jupyter-widgets/controls': controls };

export class Manager extends ManagerBase {
  constructor(kernel) {
    super();
    this.kernel = kernel;
    this.comms = new Map();
    this.modules = new Map();
    kernel.registerCommTarget(this.comm_target_name, (comm) => {
      this.comms.set(comm.commId, comm);
    });
  }

  async display(id, element) {
    const view = await this.create_view(await this.get_model(id));
    Widget.attach(view.luminoWidget, element);
  }

  /** Unlike that of JupyterLab there is no `has_model`: this is never without an answer. */
  get_model(id) {
    this._models[id] ??= this.make(id);
    return this._models[id];
  }

  /** Make the model of a widget in the kernel, which may be older than the page. */
  async make(id) {
    const comm = new WalkedComm(this.comms.get(id) ?? this.kernel.createComm(this.comm_target_name, id));
    const state = await comm.state();
    return this.handle_comm_open(comm, { ...state, metadata: { version: base.PROTOCOL_VERSION } });
  }

  async loadClass(name, module, version) {
    const url = `https://cdn.jsdelivr.net/npm/${module}@${version.replace(/^[~^]/, '')}/dist/index.js`;
    if (!(module in KNOWN) && !this.isCustom) {
      throw new Error(`Widgets module ${module} is not supported`);
    }
    if (!(module in KNOWN) && !this.modules.has(url)) {
      this.modules.set(url, load(url));
    }
    return (KNOWN[module] ?? (await this.modules.get(url)))[name];
  }
}

/** Run the one module of a file, which may depend on what is known. */
async function load(url) {
  const code = await (await fetch(url)).text();
  let loaded;
  const define = (dependencies, factory) => {
    loaded = factory(
      ...dependencies.map((name) => {
        if (!(name in KNOWN)) {
          throw new Error(`Unknown dependency ${name}`);
        }
        return KNOWN[name];
      }),
    );
  };
  new Function('define', code)(define);
  return loaded;
}

class WalkedComm extends base.shims.services.Comm {
  constructor(comm) {
    super(comm);
    this.messages = new ReadableStream({
      start(walked) {
        comm.onMsg = (message) => walked.enqueue(message);
      },
    });
  }

  /** Return the message with all of the state; those that are walked come after it. */
  async state() {
    const reader = this.messages.getReader();
    this.send({ method: 'request_state' });
    let message;
    do {
      message = (await reader.read()).value;
      // An update of a part has no name.
    } while (message.content.data.state?._model_name === undefined);
    reader.releaseLock();
    return message;
  }

  async on_msg(callback) {
    for await (const message of this.messages) {
      callback(message);
    }
  }
}
