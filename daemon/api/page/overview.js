// SPDX-License-Identifier: Apache-2.0
// The overview: open incidents first, then streams, the broken ones before the
// others, then what has closed.
'use strict';
(() => {
  if (document.documentElement.dataset.page !== 'overview') return;
  const state = {sort: 'state', down: false, search: '', show: 'all'};
  const {make, byId} = rw;
  let data = null;

  const severity = {critical: 0, warning: 1};
  const order = {blind: 2, stale: 3, learning: 4, provisional: 5, frozen: 6, watching: 7};

  // The gravest open incident that a stream is part of.
  const incidentOf = (stream) => data.open.filter((i) => i.model === stream.model &&
      (i.scope !== 'route' || i.route === stream.route))
    .sort((a, b) => severity[a.severity] - severity[b.severity])[0];
  const rank = (row) => row.incident ? severity[row.incident.severity]
    : row.stream.unknown_format.notice || row.stream.counts_differ.notice ? 3.5
      : order[row.stream.state] ?? 8;
  const lengthRatio = (row) => {
    const points = row.spark ? row.spark.points : [];
    const last = points.length ? points[points.length - 1].value : NaN;
    return row.spark && row.spark.expected.value > 0 ? last / row.spark.expected.value : NaN;
  };
  const columns = [
    {key: 'name', title: 'Model and route', of: (r) => r.stream.model + ' ' + r.stream.route},
    {key: 'state', title: 'State', of: rank},
    {key: 'length', title: 'Reasoning, last day', of: lengthRatio},
    {key: 'coverage', title: 'Coverage', of: (r) => r.stream.coverage_ratio},
    {key: 'traffic', title: 'Traffic', of: (r) => -(r.stream.responses_per_hour || 0)}
  ];
  const filters = [
    {key: 'all', title: 'All', has: () => true},
    {key: 'broken', title: 'Open incident', has: (r) => Boolean(r.incident)},
    {key: 'blind', title: 'Not protected', has: (r) =>
      ['blind', 'stale', 'learning', 'provisional'].includes(r.stream.state)},
    {key: 'good', title: 'Under full protection', has: (r) =>
      !r.incident && ['watching', 'frozen'].includes(r.stream.state)}
  ];

  const incidentLine = (incident, closed) => {
    const sentence = rw.keyed(incident.id, rw.link(
      rw.root + 'incidents/' + incident.id, incident.sentence || rw.words(incident.id), 'sentence'));
    return make('article', 'card incident-line ' + (closed ? 'closed' : incident.severity),
      make('div', 'row', make('span', 'badge ' + (closed ? '' : incident.severity),
                              (closed ? 'closed, ' : '') + incident.severity),
           make('span', 'wrap soft', rw.place(incident)),
           make('span', 'badge', rw.confirmations[incident.confirmation] || incident.confirmation)),
      sentence,
      make('div', 'soft', closed ? 'Closed ' : 'Began ',
           rw.when(closed ? incident.closed : incident.onset_time || incident.opened),
           closed ? ', ' + rw.words(incident.close_reason) : ''));
  };

  const notices = (stream) => [
    stream.unknown_format.notice && rw.percent(stream.unknown_format.ratio) +
      ' of the responses have an unknown format: ' + stream.unknown_format.shapes.join(', '),
    stream.counts_differ.notice && rw.percent(stream.counts_differ.ratio) +
      ' of the responses have token counts that their text contradicts',
    stream.new_prompts.notice && 'new kind of prompts: ' + rw.percent(stream.new_prompts.share)
  ].filter(Boolean).map((text) => make('div', 'wrap soft', text));

  // Evidence multiplies, so its way to the threshold is read in logarithms.
  const progress = (s) => !rw.known(s.statistic) || !rw.known(s.threshold) ? 0
    : Math.log1p(Math.max(0, s.statistic)) / Math.log1p(Math.max(1, s.threshold));
  const signalLine = (s) => make('div', 'signal', make('span', '', rw.words(s.signal)),
    rw.meter(progress(s), s.open ? 'critical' : ''),
    make('span', 'soft number', rw.short(s.statistic) + ' of ' + rw.short(s.threshold)));

  const streamRow = (row) => {
    const {stream, incident, spark} = row;
    const kind = incident ? incident.severity : stream.state === 'watching' ? 'good'
      : ['blind', 'stale'].includes(stream.state) ? 'warning' : '';
    const points = spark ? spark.points : [];
    const last = points.length ? points[points.length - 1].value : NaN;
    const delay = rw.known(stream.halved_length_delay)
      ? 'A halved reasoning length is noticed in about ' +
        rw.whole(stream.halved_length_delay) + ' responses.'
      : 'Not yet known how soon a halved reasoning length is noticed.';
    const name = make('td', 'name', make('div', 'row', make('span', 'wrap', stream.model),
      make('span', 'soft wrap', stream.route)), ...notices(stream),
      rw.fold('signals ' + stream.model + ' ' + stream.route, 'evidence',
              make('div', 'soft', 'State ' + stream.state + ': ' +
                   (rw.states[stream.state] || '') + '. ' + delay),
              ...stream.signals.filter((s) => s.enabled).map(signalLine)));
    const badge = make('span', 'badge ' + kind, stream.state);
    badge.title = rw.states[stream.state] || '';
    const stateCell = make('td', '', incident
      ? rw.link(rw.root + 'incidents/' + incident.id, incident.severity + ' incident',
                'badge ' + incident.severity) : badge, ' ',
      incident ? make('span', 'soft', stream.state) : '');
    const length = make('td', 'number', make('div', 'length', rw.spark(spark, Boolean(incident)),
      make('span', 'soft', rw.known(last) ? rw.whole(last) + ' tokens' +
        (spark && rw.known(spark.expected.value)
          ? ', usually ' + rw.whole(spark.expected.value) : '') : '')));
    const cell = (...children) => make('td', 'number inline', ...children);
    return make('tr', '', name, stateCell, length,
      cell(rw.percent(stream.coverage_ratio), ' ',
           make('span', 'soft', rw.whole(stream.reference_responses) + ' learnt')),
      cell(rw.whole(stream.responses_per_hour) + ' / h', ' ',
           make('span', 'soft', stream.last_response ? rw.ago(stream.last_response) : '')));
  };

  const head = (column) => {
    const current = state.sort === column.key;
    const button = rw.keyed('sort ' + column.key, make('button', '', column.title +
      (current ? state.down ? ' ↓' : ' ↑' : '')));
    button.type = 'button';
    button.addEventListener('click', () => {
      state.down = current && !state.down;
      state.sort = column.key;
      drawStreams();
    });
    const cell = make('th', '', button);
    cell.setAttribute('aria-sort', !current ? 'none' : state.down ? 'descending' : 'ascending');
    return cell;
  };

  function drawStreams() {
    const sparks = new Map(data.sparks.map((s) => [s.model + '\n' + s.route, s]));
    const rows = data.streams.map((stream) => ({stream, incident: incidentOf(stream),
      spark: sparks.get(stream.model + '\n' + stream.route)}));
    const by = columns.find((c) => c.key === state.sort).of;
    const compare = (a, b) => {
      const x = by(a), y = by(b);
      if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y);
      return x < y ? -1 : x > y ? 1 : 0;
    };
    rows.sort((a, b) => (state.down ? -1 : 1) * compare(a, b) || rank(a) - rank(b));
    const wanted = state.search.toLowerCase();
    const filter = filters.find((f) => f.key === state.show);
    const shown = rows.filter((r) => filter.has(r) &&
      (r.stream.model + ' ' + r.stream.route).toLowerCase().includes(wanted));
    for (const f of filters) {
      const button = byId('show-' + f.key);
      button.textContent = f.title + ' (' + rows.filter(f.has).length + ')';
      button.setAttribute('aria-pressed', String(state.show === f.key));
    }
    byId('found').textContent = shown.length === rows.length ? rows.length + ' streams'
      : shown.length + ' of ' + rows.length + ' streams';
    rw.replace(byId('streams'), !rows.length
      ? make('p', 'soft', 'No response has arrived yet. ', rw.link(rw.root + 'setup', 'Setup'),
             ' has the ways in, and the next step.')
      : shown.length ? streamTable(shown) : make('p', 'soft', 'No stream fits.'));
  }

  function streamTable(shown) {
    const table = rw.table(columns.map(head), shown.map(streamRow));
    for (const row of table.tBodies[0].rows) {
      [...row.cells].forEach((cell, i) => {
        if (i > 2) cell.dataset.label = columns[i].title;
      });
    }
    return table;
  }

  function frame() {
    const search = make('input');
    search.type = 'search';
    search.placeholder = 'Model or route';
    search.setAttribute('aria-label', 'Search streams by model or route');
    search.addEventListener('input', () => {
      state.search = search.value;
      drawStreams();
    });
    const buttons = filters.map((f) => {
      const button = make('button', 'plain', f.title);
      button.type = 'button';
      button.id = 'show-' + f.key;
      button.addEventListener('click', () => {
        state.show = f.key;
        drawStreams();
      });
      return button;
    });
    const part = (id, tag) => {
      const node = make(tag || 'div');
      node.id = id;
      return node;
    };
    const found = part('found', 'span');
    found.className = 'soft';
    found.setAttribute('role', 'status');
    const shadow = part('shadow', 'section');
    shadow.className = 'card';
    const streams = part('streams');
    streams.className = 'card';
    byId('content').replaceChildren(
      make('h1', '', 'Overview'), part('open', 'section'),
      make('h2', '', 'Streams'), part('seen'),
      make('div', 'tools', search, ...buttons, found), streams,
      make('h2', '', 'Recently closed'), part('closed', 'section'),
      make('h2', '', 'Other budgets'), shadow);
  }

  // What signals in shadow mode and other budgets would have had.
  function drawShadow(shadow) {
    const budgets = shadow.budgets.map((b) => rw.cells(
      make('td', '', b.budget + ' ', b.in_force ? make('span', 'badge', 'in force') : ''),
      make('td', 'number', rw.whole(b.incidents)), make('td', 'number', rw.whole(b.shadow_incidents))));
    const fired = shadow.rises.filter((e) => e.mode === 'shadow' && e.would_have_fired);
    const rows = fired.slice(0, 20).map((e) => rw.cells(
      make('td', '', rw.link(rw.root + 'runbooks/' + e.signal, rw.words(e.signal))), rw.place(e),
      rw.when(e.began), e.ended ? rw.when(e.ended) : 'not over',
      make('td', 'number', rw.short(e.peak) + ' times')));
    rw.replace(byId('shadow'), make('p', 'soft', 'Incidents that each budget of false alarms would ' +
      'have had since ', rw.when(shadow.since), ', by the evidence of each stream.'),
      rw.table(['At', 'Incidents', 'Of signals in shadow mode'], budgets, 'budgets'),
      rows.length ? rw.fold('shadow', rw.whole(fired.length) + ' times a signal in shadow mode ' +
        'would have fired', rw.table(['Signal', 'Stream', 'Began', 'Over', 'Evidence needed'], rows)) : '');
  }

  const limit = 50;
  async function draw() {
    const [open, recent, streams, history, coverage, shadow] = await Promise.all([
      rw.api('incidents?open=1&limit=' + limit), rw.api('incidents?limit=' + limit),
      rw.api('streams'), rw.api('history'), rw.api('coverage'), rw.api('shadow')]);
    data = {open: open.incidents, streams: streams.streams, sparks: history.streams};
    if (!byId('streams')) frame();
    data.open.sort((a, b) => severity[a.severity] - severity[b.severity]);
    const count = data.open.length >= limit ? limit + ' or more' : String(data.open.length);
    rw.replace(byId('open'), ...(data.open.length
      ? data.open.map((i) => incidentLine(i, false))
      : [make('p', 'card', make('span', 'badge good', 'no open incident'))]));
    document.title = (data.open.length ? '(' + count + ') ' : '') + 'Reasonwatch';
    const watched = data.streams.filter((s) => s.state === 'watching').length;
    byId('summary').textContent = count + ' open incident' + (count === '1' ? '' : 's') + ' · ' +
      watched + ' of ' + data.streams.length + ' streams under full protection';
    byId('seen').className = 'soft wrap';
    byId('seen').textContent = coverage.coverage.map((c) => c.target + ': ' + (c.error ||
      (rw.known(c.ratio) ? rw.percent(c.ratio) + ' of the served requests were seen'
        : 'not yet known how much of its traffic is seen'))).join(' · ');
    drawStreams();
    drawShadow(shadow);
    const closed = recent.incidents.filter((i) => !i.open).slice(0, 10);
    rw.replace(byId('closed'), ...(closed.length ? closed.map((i) => incidentLine(i, true))
      : [make('p', 'soft', 'None.')]));
  }
  rw.run(draw, 10);
})();
