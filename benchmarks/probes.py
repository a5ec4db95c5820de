"""Scripts for the measured page. Times are milliseconds since 1970, as the kernel counts."""

DRAWN = """() => {
  // After the frame in which the dots changed has been painted.
  window.drawn = [];
  const now = () => performance.timeOrigin + performance.now();
  const dots = document.querySelector('.lrfind-dots');
  const count = () => (dots.getAttribute('d') ?? '').split('M').length - 1;
  new MutationObserver(() => {
    const shown = count();
    requestAnimationFrame(() => setTimeout(() => window.drawn.push([shown, now()]), 0));
  }).observe(dots, {attributes: true, attributeFilter: ['d']});
}"""

MOVED = """() => {
  window.moved = [];
  document.addEventListener('pointermove', (event) => {
    window.moved.push(performance.timeOrigin + event.timeStamp);
  }, {capture: true});
}"""

FIRST_PAINT = """() => {
  const known = new Set(document.querySelectorAll('.lrfind-marker'));
  window.painted = new Promise((resolve) => {
    const look = () => {
      const fresh = [...document.querySelectorAll('.lrfind-marker')].find(
        (marker) => !known.has(marker) && marker.hasAttribute('aria-valuenow'),
      );
      if (!fresh) { requestAnimationFrame(look); return; }
      requestAnimationFrame(() => setTimeout(
        () => resolve(performance.timeOrigin + performance.now()), 0));
    };
    look();
  });
}"""

BYTES = """() => {
  // One listener for all measurements, deaf while time is measured.
  if (window.comes === undefined) {
    const kernel = window.jupyterapp.shell.currentWidget.sessionContext.session.kernel;
    kernel.anyMessage.connect((_, {msg, direction}) => {
      if (window.comes !== null && direction === 'recv' && msg.header.msg_type === 'comm_msg') {
        window.comes += JSON.stringify(msg.content).length
          + (msg.buffers || []).reduce((sum, buffer) => sum + buffer.byteLength, 0);
      }
    });
  }
  window.comes = 0;
}"""

BYTES_READ = """() => { const found = window.comes; window.comes = null; return found; }"""
