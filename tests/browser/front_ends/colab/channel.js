// A channel to one widget in the kernel, as Colab hands it to a custom manager: `send`, `close` and
// an endless list of messages that may be walked more than once.
export class Channel {
  constructor(comm) {
    this.comm = comm;
    this.log = [];
    this.waiting = [];
  }

  /** Return the state of the widget's model; the messages are those that come after it. */
  state() {
    return new Promise((answered) => {
      this.comm.onMsg = ({ content: { data }, buffers = [] }) => {
        const own = buffers.map(({ buffer, byteOffset, byteLength }) =>
          buffer.slice(byteOffset, byteOffset + byteLength),
        );
        // An update of a part has no name; a whole one may be in the name of any request.
        if (data.state?._model_name !== undefined && answered !== null) {
          answered(withBuffers(data, own));
          answered = null;
        } else if (answered === null) {
          this.log.push({ data, buffers: own });
          for (const goOn of this.waiting.splice(0)) {
            goOn();
          }
        }
      };
      this.comm.send({ method: 'request_state' });
    });
  }

  async send(data, { buffers } = {}) {
    await this.comm.send(data, undefined, buffers).done;
  }

  close() {
    this.comm.close();
  }

  get messages() {
    const channel = this;
    return {
      async *[Symbol.asyncIterator]() {
        for (let index = 0; ; index += 1) {
          while (index >= channel.log.length) {
            await new Promise((goOn) => channel.waiting.push(goOn));
          }
          yield channel.log[index];
        }
      },
    };
  }
}

function withBuffers({ state, buffer_paths: paths = [] }, buffers) {
  paths.forEach((steps, index) => {
    const within = steps.slice(0, -1).reduce((inner, step) => inner[step], state);
    within[steps.at(-1)] = buffers[index];
  });
  return state;
}
