// SPDX-License-Identifier: Apache-2.0
// The page of one incident, open or closed: the sentence, the facts, the
// actions, then for each signal its series and histogram, then who carries it,
// causes, problems, verdict, time line and examples.
'use strict';
(() => {
  if (document.documentElement.dataset.page !== 'incident') return;
  const id = location.pathname.split('/').pop();
  const {make, byId} = rw;
  let shown = '';
  let settings = {trace_url: ''};

  const section = (title, ...children) => [make('h2', '', title), ...children];
  const fact = (list, name, ...value) => {
    if (value.every((v) => v === '' || v === null)) return;
    list.append(make('div', '', make('dt', '', name), make('dd', '', ...value)));
  };
  const duration = (from, to) => {
    const minutes = Math.max(0, (Date.parse(to) - Date.parse(from)) / 60000);
    return minutes < 90 ? Math.round(minutes) + ' min' : minutes < 2880
      ? (minutes / 60).toFixed(1) + ' h' : Math.round(minutes / 1440) + ' days';
  };
  const traceLink = (example) => {
    const template = settings.trace_url;
    const fits = template && (!template.includes('{trace_id}') || example.trace_id);
    if (!fits) return make('span', '', example.trace_id || '–');
    const href = template.replaceAll('{trace_id}', encodeURIComponent(example.trace_id))
      .replaceAll('{response_id}', encodeURIComponent(example.id));
    return /^https?:\/\//.test(href) ? rw.link(href, example.trace_id || 'open')
      : make('span', '', example.trace_id);
  };

  function facts(incident) {
    const first = incident.signals[0];
    const painted = incident.picture && incident.picture.signals[0];
    const began = incident.onset_time || incident.opened;
    const list = make('dl', 'facts');
    fact(list, 'Began', rw.when(began));
    fact(list, 'Noticed', rw.when(incident.opened));
    fact(list, incident.open ? 'Lasts' : 'Lasted',
         duration(began, incident.closed || new Date().toISOString()));
    if (!incident.open) fact(list, 'Closed', rw.when(incident.closed), ' ',
                             rw.words(incident.close_reason));
    if (painted && painted.seen) {
      fact(list, 'Responses affected', rw.whole(painted.affected) + ' of ' +
           rw.whole(painted.seen) + ' (' + rw.percent(painted.affected / painted.seen) + ')');
    } else if (first && first.responses_since_onset > 0) {
      fact(list, 'Responses affected', 'about ' +
           rw.whole(first.affected_share * first.responses_since_onset) + ' of ' +
           rw.whole(first.responses_since_onset));
    }
    if (first) fact(list, 'Effect (95 % interval)', rw.effect(first.effect));
    fact(list, 'Concerns', rw.place(incident));
    fact(list, 'First response', incident.onset_id);
    return list;
  }

  const actions = [
    {name: 'acknowledge', title: 'Acknowledge', style: '',
     text: 'You have seen it and look into it. It is written into the time line; nothing else ' +
       'changes.'},
    {name: 'wanted', title: 'This was wanted', style: 'plain',
     text: 'The change is on purpose. Incidents of the model close, everything learnt of it is ' +
       'dropped, and it is learnt anew as it is now.'},
    {name: 'false_alarm', title: 'False alarm', style: 'plain',
     text: 'There was no change. It is written down and counted; the incident stays until its ' +
       'evidence is gone.'},
    {name: 'ask_again', title: 'Ask again', style: 'plain',
     text: 'The server is asked the problems of the baseline again, whatever the last verdict ' +
       'says. It spends tokens of rescore.tokens_per_hour; the verdict comes within minutes.'}];
  function buttons(incident) {
    const row = make('div', 'row');
    for (const action of actions) {
      const done = action.name === 'acknowledge' ? incident.acknowledged
        : action.name === 'false_alarm' ? incident.false_alarm : null;
      if (done) {
        row.append(make('span', 'badge good', action.title === 'Acknowledge' ? 'acknowledged '
          : 'called a false alarm ', rw.when(done.time)));
        continue;
      }
      if (action.name === 'wanted' && !incident.open) continue;
      if (action.name === 'ask_again' && !(settings.asks_again && incident.open &&
                                           incident.confirmation !== 'pending')) continue;
      const button = rw.keyed('act ' + action.name, make('button', action.style, action.title));
      button.type = 'button';
      button.id = 'act-' + action.name;
      button.addEventListener('click', () => rw.ask(action.title + '?', action.text, action.title,
        async (note) => {
          await rw.api('incidents/' + id + '/' + action.name, {method: 'POST',
            headers: {'Content-Type': 'application/json'}, body: JSON.stringify({note})});
          setTimeout(rw.redraw, 50);
        }));
      row.append(button);
    }
    return row;
  }

  function marks(incident) {
    const all = [];
    const add = (time, name, kind) => {
      if (time) all.push({time: new Date(time), name, kind});
    };
    add(incident.onset_time, 'onset', 'onset');
    add(incident.opened, 'alarm', 'alarm');
    add(incident.closed, 'end', 'alarm');
    for (const event of incident.timeline) {
      if (!['acknowledged', 'false_alarm', 'wanted'].includes(event.kind)) add(event.time, event.kind, 'mark');
    }
    return all;
  }

  function signalCards(incident) {
    if (!incident.picture || !incident.picture.signals.length) return [];
    return incident.picture.signals.map((signal) => {
      const title = signal.title || rw.words(signal.channel);
      if (!signal.points.length) {
        return section(title[0].toUpperCase() + title.slice(1),
          make('p', 'card soft', 'The past of this reading is not known: it is kept for a day and ' +
               'until a restart.'));
      }
      const format = signal.unit === 'share' ? rw.percent : (x) => rw.whole(x) + ' tokens';
      const usual = signal.expected;
      const words = rw.known(usual.value)
        ? format(signal.now.value) + ' since the onset, usually ' + format(usual.value) +
          (rw.known(usual.low) && usual.low !== usual.high
            ? ' (' + (signal.unit === 'share' ? format : rw.whole)(usual.low) + ' to ' +
              format(usual.high) + ')' : '') +
          '; ' + rw.whole(signal.affected) + ' of ' + rw.whole(signal.seen) + ' responses affected.'
        : format(signal.now.value) + ' in the last hours; the usual value is not known.';
      const plot = make('div', 'plot');
      plot.setAttribute('role', 'img');
      plot.setAttribute('aria-label', title + ' over time. ' + words);
      const rows = signal.points.map((p) => rw.cells(rw.clock(p.time), format(p.value),
                                                     rw.whole(p.responses)));
      const card = make('div', 'card', make('p', '', words), plot, rw.key(!incident.open),
        rw.fold('points ' + signal.channel, 'the same as a table',
                rw.table(['Time', 'Value', 'Responses'], rows)));
      const parts = [card];
      if (signal.buckets.length) {
        parts.push(make('div', 'card', make('h3', '', 'Before and since'), rw.histogram(signal)));
      }
      toPlot.push([plot, signal]);
      return section(title[0].toUpperCase() + title.slice(1),
                     parts.length > 1 ? make('div', 'pair', ...parts) : card);
    });
  }

  function carriers(incident) {
    const found = (incident.picture && incident.picture.carriers) || [];
    // Several replicas have a chart of their own.
    const several = found.filter((c) => c.kind === 'replica' && c.seen > 0).length > 1;
    const all = found.filter((c) => !several || c.kind !== 'replica');
    if (!all.length) return [];
    const bars = make('div', 'bars');
    for (const c of all) {
      const share = c.affected / Math.max(1, c.seen);
      bars.append(make('span', 'wrap', make('span', 'soft', c.kind + ' '), c.name),
        rw.meter(share, share > .5 ? 'critical' : ''),
        make('span', 'number', rw.whole(c.affected) + ' of ' + rw.whole(c.seen)));
    }
    return section('Which part of the traffic', make('div', 'card',
      make('p', 'soft', 'Affected responses of the latest ones since the onset.'), bars));
  }

  // The share of affected responses of each replica, with its 95 % interval
  // (Wilson), so that few responses do not look like many.
  function replicas(incident) {
    const all = ((incident.picture && incident.picture.carriers) || [])
      .filter((c) => c.kind === 'replica' && c.seen > 0);
    if (all.length < 2) return [];
    const chart = make('div', 'bars replicas');
    for (const c of all) {
      const n = c.seen, p = c.affected / n, z = 1.96;
      const middle = (p + z * z / (2 * n)) / (1 + z * z / n);
      const half = z * Math.sqrt(p * (1 - p) / n + z * z / (4 * n * n)) / (1 + z * z / n);
      const low = Math.max(0, middle - half), high = Math.min(1, middle + half);
      const x = (share) => 2 + 116 * share;
      const plot = rw.svg('svg', {viewBox: '0 0 120 14', role: 'img', 'aria-label':
        c.name + ': ' + rw.percent(p) + ' affected, ' + rw.percent(low) + ' to ' + rw.percent(high)},
        rw.svg('line', {class: 'axis', x1: 2, x2: 118, y1: 7, y2: 7}),
        rw.svg('line', {class: 'interval', x1: x(low), x2: x(high), y1: 7, y2: 7}),
        rw.svg('circle', {class: p > .5 ? 'bad' : '', cx: x(p), cy: 7, r: 3.5}));
      chart.append(make('span', 'wrap', c.name), plot, make('span', 'number', rw.percent(p) + ' ',
        make('span', 'soft', '(' + rw.percent(low) + ' to ' + rw.percent(high) + ', ' +
             rw.whole(c.seen) + ')')));
    }
    return section('Replicas', make('div', 'card', make('p', 'soft', 'Share of affected responses ' +
      'with its 95 % interval, and how many were seen.'), chart));
  }

  function causes(incident) {
    const card = make('div', 'card');
    for (const cause of incident.causes) {
      card.append(make('div', 'cause',
        make('div', 'bars', rw.link(rw.root + 'runbooks/' + cause.cause, rw.words(cause.cause)),
             rw.meter(cause.weight), make('span', 'number soft', rw.percent(cause.weight))),
        make('div', 'soft wrap', cause.evidence)));
    }
    if (!incident.causes.length) card.append(make('p', 'soft', 'No hint yet.'));
    return section('Likely causes', card);
  }

  function numbers(incident) {
    const rows = incident.signals.map((s) => rw.cells(
      make('td', '', rw.link(rw.root + 'runbooks/' + s.signal, rw.words(s.signal)),
           s.open ? '' : ' (recovered)'),
      [s.scope, s.route, s.replica].filter(Boolean).join(' '), rw.effect(s.effect),
      rw.whole(s.responses_since_onset),
      rw.short(s.statistic) + ' of ' + rw.short(s.threshold),
      s.channels.filter((c) => c.share >= .01).map((c) => rw.words(c.channel.split('/').pop()) +
        ' ' + rw.percent(c.share)).join(', '),
      [s.strata.map(rw.words).join(', '), s.provisional ? 'reference not complete' : '',
       s.low_coverage ? 'responses were lost meanwhile' : ''].filter(Boolean).join('; ')));
    return section('Signals in numbers', make('div', 'card scroll', rw.table(
      ['Signal', 'Level', 'Effect', 'Responses since', 'Evidence, needed', 'Channels', 'In'], rows)));
  }

  function problems(incident) {
    // Several levels may report the same problems: the latest word counts.
    const found = incident.signals.filter((s) => (s.failing_problems || []).length ||
      (s.families || []).some((f) => f.failing > 0))
      .sort((a, b) => Date.parse(b.time) - Date.parse(a.time))[0];
    if (!found) return [];
    const families = found.families.filter((x) => x.failing > 0).map((f) => make('p', '',
      (f.family || 'no family') + ': ' + rw.whole(f.failing) + ' of ' + rw.whole(f.asked) +
      ' problems that used to be solved fail now'));
    const rows = found.failing_problems.map((p) => rw.cells(p.id, p.family, p.gold || '–',
      rw.whole(p.before.passed) + ' of ' + rw.whole(p.before.asked),
      rw.whole(p.now.passed) + ' of ' + rw.whole(p.now.asked)));
    const table = (some) => rw.table(
      ['Problem', 'Family', 'Expected answer', 'Right before', 'Right now'], some);
    return section('Failing problems', make('div', 'card', ...families,
      rows.length ? table(rows.slice(0, 8)) : '', rows.length > 8
        ? rw.fold('problems', rw.whole(rows.length - 8) + ' more', table(rows.slice(8))) : ''));
  }

  function verdict(incident) {
    const v = incident.rescore;
    const jobs = incident.asked_again || [];
    const card = make('div', 'card', make('p', '', rw.confirmations[incident.confirmation] || ''));
    if (v) {
      const list = make('dl', 'facts');
      fact(list, 'Verdict', rw.words(v.verdict), v.reason ? ' (' + rw.words(v.reason) + ')' : '');
      fact(list, 'At', rw.when(v.time));
      fact(list, 'Samples', rw.whole(v.samples) + ', ' + rw.whole(v.failures) + ' failed');
      fact(list, 'Right answers', rw.percent(v.pass_rate) + ', before ' +
           rw.percent(v.baseline_pass_rate));
      fact(list, 'Evidence for a loss', rw.short(v.bayes_factor) + ' to 1');
      fact(list, 'Same weights (p)', rw.known(v.fingerprint_p) ? rw.short(v.fingerprint_p) : '');
      card.append(list);
      for (const d of v.differences) {
        card.append(make('p', 'wrap', 'Asked by “' + rw.words(d.way) + '”: ' + (d.pairs > 0 ?
          rw.effect({...d, unit: 'points'}) + ' of ' + rw.whole(d.pairs) + ' pairs' : 'nothing') +
          (d.cause ? ', which points to ' + rw.words(d.cause) : '') +
          (d.untried ? '; not tried to its end: ' + rw.words(d.untried) : '')));
      }
    }
    if (jobs.length) {
      card.append(rw.fold('jobs', rw.whole(jobs.length) + ' problems asked again', rw.table(
        ['Problem', 'Why', 'Right', 'Result', 'Tokens'], jobs.map((j) => rw.cells(j.digest,
          rw.words(j.trigger), rw.whole(j.passed) + ' of ' + rw.whole(j.graded),
          rw.words(j.result || 'running') + (j.reason ? ' (' + rw.words(j.reason) + ')' : ''),
          rw.whole(j.tokens))))));
    }
    return section('Asked again', card);
  }

  function timeline(incident) {
    const bySignal = new Map();
    for (const s of incident.signals) {
      const known = bySignal.get(s.signal);
      if (!known || Date.parse(s.time) > Date.parse(known.time)) bySignal.set(s.signal, s);
    }
    const latest = [...bySignal.values()];
    const change = (e) => [e.old, e.new === id ? '' : e.new].filter(Boolean).join(' → ');
    const events = [
      ...incident.timeline.map((e) => ({time: e.time, text: [rw.words(e.kind), change(e),
        e.expected ? '(expected)' : ''].filter(Boolean).join(' ') +
        (e.note ? ': ' + e.note : '')})),
      {time: incident.onset_time, text: 'the change begins' +
        (incident.onset_id ? ' with response ' + incident.onset_id : '')},
      {time: incident.opened, text: 'incident opened'},
      ...latest.map((s) => ({time: s.time, text: 'latest evidence of ' + rw.words(s.signal)})),
      incident.rescore ? {time: incident.rescore.time, text: 'verdict: ' +
        rw.words(incident.rescore.verdict)} : {},
      {time: incident.closed, text: 'incident closed, ' + rw.words(incident.close_reason)}
    ].filter((e) => e.time).sort((a, b) => Date.parse(a.time) - Date.parse(b.time));
    return section('Time line', make('div', 'card', make('ol', 'timeline',
      ...events.map((e) => make('li', '', rw.when(e.time), ' ', e.text)))));
  }

  function examples(incident) {
    const all = (incident.picture && incident.picture.examples) || [];
    if (!all.length) return [];
    const unit = incident.picture.signals[0].unit === 'tokens';
    const row = (e) => rw.cells(make('td', 'wrap', make('code', '', e.id)), traceLink(e),
      e.replica || '–', unit ? rw.whole(e.value) + ' tokens' : e.affected ? 'shows it' : 'healthy',
      rw.clock(e.time));
    const table = (name, rows) => rows.length ? make('div', 'card', make('h3', '', name), rw.table(
      ['Response', 'Trace', 'Replica', 'Reading', 'Began'], rows)) : '';
    return section('Examples', table('Affected', all.filter((e) => e.affected).map(row)),
                   table('Healthy ones of the same time', all.filter((e) => !e.affected).map(row)));
  }

  // Redacted texts, an affected one beside a healthy one.
  function texts(incident) {
    const kept = (incident.texts && incident.texts.examples) || [];
    if (!kept.length) return [];
    const part = (name, text) => text ? [make('h4', '', name), make('pre', 'text', text)] : [];
    const card = (e, n) => make('div', 'card ' + (e.side === 'incident' ? 'critical' : ''),
      make('h3', '', e.side === 'incident' ? 'Affected' : 'Healthy'),
      make('p', 'soft wrap', rw.when(e.time), ' ', make('code', '', e.id)),
      rw.fold('prompt ' + e.side + n, 'prompt', make('pre', 'text', e.prompt)),
      ...part('Reasoning', e.reasoning || '(none)'), ...part('Answer', e.answer || '(none)'));
    const affected = kept.filter((e) => e.side === 'incident');
    const healthy = kept.filter((e) => e.side !== 'incident');
    const rows = [];
    for (let n = 0; n < Math.max(affected.length, healthy.length); ++n) {
      rows.push(make('div', 'half', make('div', '', affected[n] ? card(affected[n], n) : ''),
                     make('div', '', healthy[n] ? card(healthy[n], n) : '')));
    }
    return section('Texts', make('p', 'soft', 'Secrets are blanked before anything is stored; the ' +
      'texts go after the time of storage.evidence.ttl.'), rows[0], rows.length > 1
      ? rw.fold('texts', rw.whole(rows.length - 1) + ' more pairs', ...rows.slice(1)) : '');
  }

  let toPlot = [];
  function render(incident) {
    document.title = (incident.open ? incident.severity + ': ' : 'closed: ') +
      rw.words((incident.signals[0] || {signal: id}).signal) + ' · Reasonwatch';
    rw.dropPlots();
    toPlot = [];
    const json = rw.link(rw.root + 'api/v1/incidents/' + id, 'JSON');
    const signal = incident.signals[0];
    const cards = signalCards(incident);
    rw.replace(byId('content'),
      make('div', 'card ' + (incident.open ? incident.severity : 'closed'),
        make('h1', '', incident.sentence || id),
        make('div', 'row', make('span', 'badge ' + (incident.open ? incident.severity : ''),
                                incident.severity),
             make('span', 'badge ' + (incident.open ? '' : 'good'), incident.open ? 'open' : 'closed'),
             make('span', 'badge', rw.confirmations[incident.confirmation] || incident.confirmation),
             make('code', 'soft', id)),
        facts(incident)),
      buttons(incident), ...(cards[0] || []),
      make('div', 'half', make('div', '', ...causes(incident)),
           make('div', '', ...replicas(incident), ...carriers(incident))),
      ...cards.slice(1).flat(), ...problems(incident), ...examples(incident), ...texts(incident),
      ...verdict(incident), ...timeline(incident), ...numbers(incident),
      make('p', 'soft', signal ? rw.link(rw.root + 'runbooks/' + signal.signal, 'Runbook') : '',
           // A link bears no token.
           rw.token() ? '' : ' · ', rw.token() ? '' : json, incident.as_of ? ' · numbers as of ' + rw.clock(incident.as_of) : ''));
    for (const [div, picture] of toPlot) rw.series(div, picture, marks(incident));
    byId('summary').textContent = rw.place(incident);
  }

  async function draw() {
    if (!shown) settings = await rw.api('page');
    const incident = await rw.api('incidents/' + id);
    if (settings.evidence) incident.texts = await rw.api('incidents/' + id + '/evidence');
    // Only news is drawn, so that nothing jumps under a reader's eyes.
    const news = JSON.stringify({...incident, as_of: null});
    if (news === shown) return;
    shown = news;
    render(incident);
  }
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => {
    shown = '';
    rw.redraw();
  });
  rw.run(draw, 30);
})();
