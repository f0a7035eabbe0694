/**
 * The page's only script; everything is readable without it. It shows the values under the pointer in every plot at
 * once, and gives commands and queries a button that copies them. It runs in browsers, so it is text here; the
 * policy of the page names its digest.
 */
export const SCRIPT = `
'use strict';
(() => {
  const SVG = 'http://www.w3.org/2000/svg';
  const plots = [...document.querySelectorAll('.charts')].map((charts) => {
    const size = charts.dataset.margins.split(',').map(Number);
    const points = charts.dataset.points.split(';').map((point) => {
      const colon = point.indexOf(':');
      return { time: Number(point.slice(0, colon)), words: point.slice(colon + 1) };
    });
    const readout = document.createElement('span');
    readout.className = 'readout';
    readout.hidden = true;
    charts.append(readout);
    const cursors = [...charts.querySelectorAll('svg.chart')].map((svg) => {
      const cursor = document.createElementNS(SVG, 'line');
      cursor.setAttribute('class', 'cursor');
      cursor.setAttribute('y1', '6');
      cursor.setAttribute('y2', String(svg.viewBox.baseVal.height - 22));
      svg.append(cursor);
      return cursor;
    });
    return { charts, size, points, readout, cursors };
  });
  const main = document.querySelector('main');
  const start = Number(main.dataset.start);
  const length = Number(main.dataset.length);
  const clock = (time) => new Date(time * 1000).toISOString().slice(11, 19);

  const show = (time) => {
    for (const { size, points, readout, cursors } of plots) {
      const nearest = points.reduce((a, b) => (Math.abs(b.time - time) < Math.abs(a.time - time) ? b : a));
      readout.textContent = clock(start + nearest.time) + ' UTC  ' + nearest.words;
      readout.hidden = false;
      cursors.forEach((cursor) => {
        const [width, left, right] = size;
        const x = String(left + (nearest.time / length) * (width - left - right));
        cursor.setAttribute('x1', x);
        cursor.setAttribute('x2', x);
        cursor.classList.add('shown');
      });
    }
  };
  const hide = () => {
    for (const { readout, cursors } of plots) {
      readout.hidden = true;
      cursors.forEach((cursor) => cursor.classList.remove('shown'));
    }
  };
  for (const { charts, size } of plots) {
    charts.addEventListener('pointermove', (event) => {
      const svg = event.target.closest('svg.chart');
      if (!svg) return;
      const [width, left, right] = size;
      const box = svg.getBoundingClientRect();
      const x = ((event.clientX - box.left) / box.width) * width;
      show(Math.min(1, Math.max(0, (x - left) / (width - left - right))) * length);
    });
    charts.addEventListener('pointerleave', hide);
  }

  // A map wider than its screen starts at the cause.
  for (const drawing of document.querySelectorAll('.drawing.scrolled')) {
    const cause = drawing.querySelector('.node.cause') ?? drawing.querySelector('.node.affected');
    if (!cause) continue;
    const box = cause.getBoundingClientRect();
    const frame = drawing.getBoundingClientRect();
    drawing.scrollLeft += box.left + box.width / 2 - frame.left - frame.width / 2;
  }
  // What is folded in is opened by a link into it, and for paper.
  const open = (part) => part && part.closest('details') && (part.closest('details').open = true);
  const openTarget = () => open(location.hash.length > 1 && document.getElementById(location.hash.slice(1)));
  addEventListener('hashchange', openTarget);
  addEventListener('beforeprint', () => document.querySelectorAll('section > details').forEach(open));
  openTarget();

  if (!navigator.clipboard) return;
  for (const block of document.querySelectorAll('pre.copyable')) {
    const button = document.createElement('button');
    button.type = 'button';
    button.className = 'copy';
    button.textContent = 'Copy';
    button.addEventListener('click', async () => {
      await navigator.clipboard.writeText(block.querySelector('code').textContent);
      button.textContent = 'Copied';
      setTimeout(() => { button.textContent = 'Copy'; }, 1500);
    });
    block.after(button);
  }
})();
`;
