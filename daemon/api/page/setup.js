// SPDX-License-Identifier: Apache-2.0
// The setup: the steps and which is next, then the taps with what they refused
// and why, then the models with how much of them has reasoning.
'use strict';
(() => {
  if (document.documentElement.dataset.page !== 'setup') return;
  const {make, byId} = rw;
  let before = null;

  const step = (s, next) => {
    const badge = make('span', 'badge ' + (s.done ? 'good' : next ? 'warning' : ''),
                       s.done ? 'done' : next ? 'next' : 'open');
    const title = make('span', 'step', s.title);
    if (s.done) {
      return make('li', 'card closed', make('div', 'row', badge, title,
                                            make('span', 'wrap soft', s.text)));
    }
    return make('li', 'card ' + (next ? 'warning' : ''), make('div', 'row', badge, title),
      make('p', 'wrap', s.text), make('div', 'soft', 'More: ', make('code', '', 'docs/' + s.document)));
  };

  // "12 queue full: more came at once than ..."
  const reasons = (list) => list.map((r) => make('div', 'wrap', make('span', 'number strong',
    rw.whole(r.count)), ' ' + rw.words(r.reason), make('span', 'soft', r.text ? ': ' + r.text : '')));
  const cell = (name, ...children) => make('td', name, ...(children.length ? children
    : [make('span', 'soft', '–')]));

  const rate = (s, now) => {
    const old = before && before.data.sources.find((o) => o.source === s.source);
    const seconds = before ? (now - before.time) / 1000 : 0;
    if (!old || seconds <= 0 || s.received < old.received) return '';
    const each = (s.received - old.received) / seconds;
    return each > 0 ? (each < 10 ? each.toFixed(1) : rw.whole(each)) + ' a second' : 'none just now';
  };

  const sources = (data, now) => data.sources.map((s) => make('tr', '',
    cell('strong', s.source),
    cell('wrap', ...s.addresses.map((a) => make('div', '', make('code', '', a)))),
    cell('number', rw.whole(s.received) + ' ', make('span', 'soft', rate(s, now))),
    cell('', ...reasons(s.refused)),
    cell('', ...reasons(s.errors), ...reasons(s.ignored))));

  const models = (data) => data.models.sort((a, b) => b.scored - a.scored).map((m) => {
    const share = m.scored > 0 ? m.with_reasoning / m.scored : NaN;
    return make('tr', '', cell('strong wrap', m.model), cell('number', rw.whole(m.scored)),
      cell('number', make('div', 'share', rw.meter(share, share < .1 ? 'warning' : ''),
                          make('span', '', rw.percent(share)))),
      cell('number', rw.whole(m.unreadable)), cell('number', rw.whole(m.not_live)));
  });

  async function draw() {
    const data = await rw.api('setup');
    const now = Date.now();
    const next = data.steps.find((s) => !s.done);
    const left = data.steps.filter((s) => !s.done).length;
    byId('summary').textContent = left === 0 ? 'all set up'
      : left + ' of ' + data.steps.length + ' steps left';
    document.title = 'Setup · Reasonwatch';
    const rows = sources(data, now), lines = models(data);
    rw.replace(byId('content'), make('h1', '', 'Setup'),
      make('ol', 'steps', ...data.steps.map((s) => step(s, s === next))),
      make('h2', '', 'Ways in'), make('div', 'card', rows.length
        ? rw.table(['Source', 'Listens at', 'Received', 'Refused', 'Mended or left aside'], rows, 'ways')
        : make('p', 'soft', 'No way in is open: the section “tap” of the configuration has them.')),
      ...(data.left_out.length ? [make('h2', '', 'Left out behind them'),
                                  make('div', 'card', ...reasons(data.left_out))] : []),
      make('h2', '', 'Models'), make('div', 'card', lines.length
        ? rw.table(['Model', 'Read', 'With reasoning', 'Unreadable', 'Not live'], lines, 'models')
        : make('p', 'soft', 'No response has arrived yet.')),
      make('p', 'soft', 'Counts since the start of the daemon. The same by “reasonwatch taps”.'));
    before = {data, time: now};
  }
  rw.run(draw, 5);
})();
