// A notebook without an application: its cells, its kernel and its file. How an output is shown is
// up to the front end that the page stands for.
import { ContentsManager, KernelManager, ServerConnection, SessionManager } from 'services';

export const WIDGET_VIEW = 'application/vnd.jupyter.widget-view+json';
const given = new URLSearchParams(location.search);
const path = given.get('path');
const serverSettings = ServerConnection.makeSettings({
  baseUrl: `${location.origin}/`,
  wsUrl: `${location.origin.replace('http', 'ws')}/`,
  token: given.get('token'),
  appendToken: true,
});

/**
 * Open the notebook that the address names, with the kernel that belongs to it.
 *
 * `connect(kernel)` is called once, before any cell runs. What it returns is called with an element
 * and an output, for each output of a widget and again when it is updated.
 */
export async function openNotebook(connect) {
  const contents = new ContentsManager({ serverSettings });
  const { content } = await contents.get(path, { content: true });
  const kernelManager = new KernelManager({ serverSettings });
  const sessions = new SessionManager({ kernelManager, serverSettings });
  const session = await sessions.startNew(
    { path, name: path, type: 'notebook', kernel: { name: 'python3' } },
    { kernelConnectionOptions: { handleComms: true } },
  );
  const { kernel } = session;
  await kernel.info;
  const show = await connect(kernel);

  const elements = content.cells.map(() => {
    const cell = document.body.appendChild(document.createElement('section'));
    cell.className = 'cell';
    return cell;
  });
  const shown = new Map();

  function showOutput(cell, output) {
    let element = shown.get(output);
    if (element === undefined) {
      element = elements[cell].appendChild(document.createElement('div'));
      element.className = 'output';
      shown.set(output, element);
    }
    if (output.data === undefined) {
      const lines = output.text ?? [output.ename, output.evalue, ...(output.traceback ?? [])].join('\n');
      element.classList.toggle('stderr', output.name !== 'stdout');
      element.textContent = [lines].flat().join('');
    } else if (WIDGET_VIEW in output.data) {
      void show(element, output);
    } else {
      element.className = 'html';
      element.innerHTML = [output.data['text/html']].flat().join('');
    }
  }

  // Updates come from any thread, in the name of any cell.
  kernel.iopubMessage.connect((_kernel, { header, content: { transient, data, metadata } }) => {
    if (header.msg_type !== 'update_display_data') {
      return;
    }
    content.cells.forEach((cell, index) => {
      for (const output of cell.outputs) {
        if (output.display_id === transient.display_id) {
          Object.assign(output, { data, metadata });
          showOutput(index, output);
        }
      }
    });
  });

  async function run(index) {
    const cell = content.cells[index];
    cell.outputs = [];
    elements[index].replaceChildren();
    const future = kernel.requestExecute({ code: [cell.source].flat().join('') });
    future.onIOPub = ({ header, content: said }) => {
      const { msg_type: output_type } = header;
      if (['display_data', 'execute_result', 'stream', 'error'].includes(output_type)) {
        const { transient, ...output } = said;
        // Not a part of the file.
        const kept = Object.defineProperty({ output_type, ...output }, 'display_id', {
          value: transient?.display_id ?? null,
        });
        cell.outputs.push(kept);
        showOutput(index, kept);
      }
    };
    await future.done;
  }

  async function evaluate(code, expression) {
    for (;;) {
      const future = kernel.requestExecute({
        code,
        silent: true,
        store_history: false,
        user_expressions: { value: expression },
      });
      const { content: answer } = await future.done;
      if (answer.status !== 'aborted') {
        return answer;
      }
    }
  }

  content.cells.forEach((cell, index) => {
    for (const output of cell.outputs) {
      showOutput(index, output);
    }
  });
  window.notebook = {
    kernel,
    run,
    evaluate,
    save: () => contents.save(path, { type: 'notebook', format: 'json', content }).then(() => undefined),
    outputs: (index) => content.cells[index].outputs,
  };
}
