// SPDX-License-Identifier: Apache-2.0
// Parts that both pages share: making nodes, numbers and times in words, the
// API with its token, the question before an action, the refresh.
'use strict';
const rw = {};
rw.root = document.documentElement.dataset.root;
rw.byId = (id) => document.getElementById(id);

// Every text becomes a text node, never markup.
rw.make = (tag, name, ...children) => {
  const node = document.createElement(tag);
  if (name) node.className = name;
  for (const child of children) {
    if (child !== null && child !== undefined && child !== '') node.append(child);
  }
  return node;
};
rw.svg = (tag, attributes, ...children) => {
  const node = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
};
rw.link = (href, text, name) => {
  const node = rw.make('a', name || '', text);
  node.href = href;
  return node;
};

rw.words = (name) => String(name).replaceAll('_', ' ');
rw.known = (x) => typeof x === 'number' && Number.isFinite(x);
rw.whole = (x) => rw.known(x) ? Math.round(x).toLocaleString('en') : '–';
rw.percent = (x) => !rw.known(x) ? '–' : x > 0 && x < .01 ? (100 * x).toFixed(1) + ' %'
  : Math.round(100 * x) + ' %';
rw.short = (x) => {
  if (!rw.known(x)) return '–';
  const a = Math.abs(x);
  if (a !== 0 && (a >= 1e5 || a < 0.01)) return x.toExponential(1).replace('e+', 'e');
  return a >= 100 ? String(Math.round(x)) : String(Math.round(100 * x) / 100);
};
rw.ago = (time) => {
  const s = Math.max(0, (Date.now() - Date.parse(time)) / 1000);
  if (s < 90) return Math.round(s) + ' s ago';
  if (s < 5400) return Math.round(s / 60) + ' min ago';
  if (s < 129600) return Math.round(s / 3600) + ' h ago';
  return Math.round(s / 86400) + ' days ago';
};
rw.clock = (time) => new Date(time).toLocaleString('en-GB',
  {day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit'});
rw.when = (time) => {
  if (!time) return rw.make('span', '', '–');
  const node = rw.make('time', 'number', rw.clock(time), ' ',
                       rw.make('span', 'soft', '(' + rw.ago(time) + ')'));
  node.dateTime = time;
  node.title = time;
  return node;
};
rw.effect = (effect) => {
  if (!rw.known(effect.value)) return 'size not known yet';
  const points = (x) => (x > 0 ? '+' : x < 0 ? '−' : '') + Math.abs(Math.round(1000 * x) / 10);
  const one = effect.unit === 'ratio' ? (x) => x.toFixed(2) : points;
  const value = effect.unit === 'ratio' ? 'length × ' + one(effect.value)
    : one(effect.value) + ' points';
  return rw.known(effect.low) && rw.known(effect.high)
    ? value + ' (' + one(effect.low) + ' to ' + one(effect.high) + ')' : value;
};
rw.place = (x) => [x.model, x.route, x.replica].filter(Boolean).join(' · ');
rw.states = {
  learning: 'too few responses learnt to compare with',
  provisional: 'reference not complete yet: warnings only',
  watching: 'full protection', frozen: 'learns nothing more, as configured',
  blind: 'most responses have nothing to be compared with',
  stale: 'no response for 24 hours'
};
rw.confirmations = {
  pending: 'being asked again', confirmed: 'confirmed by re-runs',
  not_reproduced: 'not seen in re-runs', unavailable: 'not re-run'
};
// A share of a whole; the text beside it says the same.
rw.meter = (share, kind) => {
  const width = 100 * Math.min(1, Math.max(0, rw.known(share) ? share : 0));
  return rw.svg('svg', {class: 'meter', viewBox: '0 0 100 9', preserveAspectRatio: 'none',
                        'aria-hidden': 'true'},
                rw.svg('rect', {class: 'track', width: 100, height: 9}),
                rw.svg('rect', {class: 'part ' + (kind || ''), width, height: 9}));
};
// On a small screen a row becomes a block, and each cell names its column.
rw.table = (heads, rows, name) => {
  const head = rw.make('tr');
  for (const h of heads) {
    const cell = typeof h === 'string' ? rw.make('th', '', h) : h;
    cell.scope = 'col';
    head.append(cell);
  }
  for (const row of rows) {
    [...row.children].forEach((cell, i) => {
      if (typeof heads[i] === 'string' && i > 0) cell.dataset.label = heads[i];
    });
  }
  return rw.make('table', 'stack ' + (name || ''), rw.make('thead', '', head),
                 rw.make('tbody', '', ...rows));
};
rw.cells = (...children) => rw.make('tr', '', ...children.map((c) =>
  c instanceof HTMLTableCellElement ? c : rw.make('td', '', c)));

// Unfolded lists and the focus survive a redraw by their keys.
rw.unfolded = new Set();
rw.fold = (key, title, ...children) => {
  const details = rw.make('details', '', rw.make('summary', '', title), ...children);
  details.firstChild.dataset.key = key;
  details.open = rw.unfolded.has(key);
  details.addEventListener('toggle', () => {
    if (details.open) rw.unfolded.add(key); else rw.unfolded.delete(key);
  });
  return details;
};
rw.keyed = (key, node) => {
  node.dataset.key = key;
  return node;
};
rw.replace = (container, ...nodes) => {
  const active = document.activeElement;
  const key = container.contains(active) ? active.dataset.key : undefined;
  container.replaceChildren(...nodes);
  if (key === undefined) return;
  for (const node of container.querySelectorAll('[data-key]')) {
    if (node.dataset.key === key) node.focus({preventScroll: true});
  }
};

// The token is asked for when the API wants one.
rw.token = () => sessionStorage.getItem('reasonwatch-token') || '';
rw.askToken = () => new Promise((resolve) => {
  const form = rw.byId('token');
  if (rw.token()) {
    rw.byId('token-why').textContent = 'The daemon does not accept this token.';
  }
  sessionStorage.removeItem('reasonwatch-token');
  form.hidden = false;
  rw.byId('content').hidden = true;
  rw.byId('token-value').focus();
  form.onsubmit = (event) => {
    event.preventDefault();
    sessionStorage.setItem('reasonwatch-token', rw.byId('token-value').value.trim());
    rw.byId('token-value').value = '';
    form.hidden = true;
    rw.byId('content').hidden = false;
    resolve();
  };
});
rw.asking = null;
rw.api = async (path, options) => {
  for (;;) {
    const token = rw.token();
    const headers = token ? {Authorization: 'Bearer ' + token} : {};
    const response = await fetch(rw.root + 'api/v1/' + path,
      {cache: 'no-store', credentials: 'omit', ...options,
       headers: {...headers, ...(options || {}).headers}});
    if (response.status !== 401) {
      const body = await response.json().catch(() => ({}));
      if (!response.ok) throw new Error(body.error || path + ' answered ' + response.status);
      return body;
    }
    // Several requests may meet the same refusal: one form is enough.
    if (token === rw.token() || !rw.token()) {
      rw.asking = rw.asking || rw.askToken();
      await rw.asking;
      rw.asking = null;
    }
  }
};

// A question with a note; `act(note)` runs on yes, and its error is shown.
rw.ask = (title, text, yes, act) => {
  const dialog = rw.byId('ask');
  rw.byId('ask-title').textContent = title;
  rw.byId('ask-text').textContent = text;
  rw.byId('ask-yes').textContent = yes;
  rw.byId('ask-note').value = '';
  rw.byId('ask-failed').textContent = '';
  rw.byId('ask-no').onclick = () => dialog.close();
  rw.byId('ask-yes').onclick = async () => {
    rw.byId('ask-yes').disabled = true;
    try {
      await act(rw.byId('ask-note').value);
      dialog.close();
    } catch (error) {
      rw.byId('ask-failed').textContent = error.message;
    }
    rw.byId('ask-yes').disabled = false;
  };
  dialog.showModal();
};

// Draws now and every `seconds`; not while the page is hidden or a question is
// open.
rw.last = null;
rw.run = (draw, seconds) => {
  const turn = async () => {
    const failed = rw.byId('failed');
    try {
      await draw();
      failed.hidden = true;
      rw.last = new Date();
      rw.byId('fresh').textContent = 'as of ' + rw.last.toLocaleTimeString('en-GB');
    } catch (error) {
      failed.textContent = 'The daemon does not answer (' + error.message + '). ' +
        (rw.last ? 'The content below is from ' + rw.last.toLocaleTimeString('en-GB') + '.' : '');
      failed.hidden = false;
    }
  };
  setInterval(() => {
    if (!document.hidden && !rw.byId('ask').open && rw.byId('token').hidden) turn();
  }, 1000 * seconds);
  rw.redraw = turn;
  return turn();
};
